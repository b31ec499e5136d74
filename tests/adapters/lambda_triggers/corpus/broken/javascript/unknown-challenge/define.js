exports.handler = async (event) => {
  const session = event.request.session;
  if (session.length === 0) {
    event.response.challengeName = 'SRP_A';
  } else if (session.length === 1 && session[0].challengeName === 'SRP_A') {
    event.response.challengeName = 'PASSWORD_VERIFIER';
  } else if (session.length === 2 && session[1].challengeResult === true) {
    event.response.issueTokens = true;
  } else {
    event.response.failAuthentication = true;
  }
  return event;
};
