exports.handler = async (event) => {
  event.response.answerCorrect = false;
  if ((event.request.challengeAnswer = event.request.privateChallengeParameters.answer)) {
    event.response.answerCorrect = true;
  }
  return event;
};
