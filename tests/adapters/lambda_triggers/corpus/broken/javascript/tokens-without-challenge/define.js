exports.handler = async (event) => {
  const session = event.request.session;
  if (session.find((entry) => entry.challengeResult)) {
    event.response.issueTokens = true;
  } else if (session.length < 3) {
    event.response.challengeName = 'CUSTOM_CHALLENGE';
  } else {
    event.response.failAuthentication = true;
  }
  return event;
};
