exports.handler = async (event) => {
  const session = event.request.session;
  if (session.length === 1 && session[0].challengeName === 'SRP_A') {
    event.response.challengeName = 'PASSWORD_VERIFIER';
  } else if (session.length === 1 && session[0].challengeName === 'PASSWORD_VERIFIER' && session[0].challengeResult) {
    event.response.challengeName = 'CUSTOM_CHALLENGE';
  } else if (session.length === 2 && session[1].challengeName === 'CUSTOM_CHALLENGE' && session[1].challengeResult) {
    event.response.issueTokens = true;
  } else {
    event.response.failAuthentication = true;
  }
  return event;
};
