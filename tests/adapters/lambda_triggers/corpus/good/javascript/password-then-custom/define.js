exports.handler = async (event) => {
  const steps = event.request.session.map((entry) => `${entry.challengeName} ${entry.challengeResult}`).join(', ');
  const response = event.response;
  response.issueTokens = false;
  response.failAuthentication = false;
  switch (steps) {
    case 'SRP_A true':
      response.challengeName = 'PASSWORD_VERIFIER';
      break;
    case 'SRP_A true, PASSWORD_VERIFIER true':
      response.challengeName = 'CUSTOM_CHALLENGE';
      break;
    case 'SRP_A true, PASSWORD_VERIFIER true, CUSTOM_CHALLENGE true':
      response.issueTokens = true;
      break;
    default:
      response.failAuthentication = true;
  }
  return event;
};
