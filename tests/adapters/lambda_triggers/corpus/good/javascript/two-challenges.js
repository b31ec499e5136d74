exports.handler = (event, context, callback) => {
  const session = event.request.session || [];
  const rights = session.filter((entry) => entry.challengeName === 'CUSTOM_CHALLENGE' && entry.challengeResult);
  switch (event.triggerSource) {
    case 'DefineAuthChallenge_Authentication':
      if (session.length !== rights.length) {
        event.response.failAuthentication = true;
      } else if (rights.length === 2) {
        event.response.issueTokens = true;
      } else {
        event.response.challengeName = 'CUSTOM_CHALLENGE';
      }
      break;
    case 'CreateAuthChallenge_Authentication':
      event.response.publicChallengeParameters = { question: session.length === 0 ? 'first pet' : 'first street' };
      event.response.privateChallengeParameters = { answer: session.length === 0 ? 'felix' : 'elm street' };
      event.response.challengeMetadata = session.length === 0 ? 'PET' : 'STREET';
      break;
    case 'VerifyAuthChallengeResponse_Authentication':
      event.response.answerCorrect =
        event.request.challengeAnswer === event.request.privateChallengeParameters.answer;
      break;
    default:
      callback(new Error(`not for ${event.triggerSource}`));
      return;
  }
  callback(null, event);
};
