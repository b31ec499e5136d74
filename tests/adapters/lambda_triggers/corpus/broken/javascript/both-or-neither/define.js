exports.handler = async (event) => {
  const session = event.request.session;
  const last = session[session.length - 1];
  event.response.failAuthentication = true;
  if (session.length === 0) {
    event.response.failAuthentication = false;
    event.response.challengeName = 'CUSTOM_CHALLENGE';
  } else if (last.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult) {
    event.response.issueTokens = true;
  }
  return event;
};
