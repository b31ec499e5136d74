exports.handler = async (event) => {
  const session = event.request.session;
  if (session.length === 0) {
    event.response.challengeName = 'CUSTOM_CHALLENGE';
  } else if (session.length === 1 && session[0].challengeName === 'CUSTOM_CHALLENGE' && session[0].challengeResult) {
    event.response.issueTokens = true;
  } else {
    event.response.failAuthentication = true;
  }
  return event;
};
