export const handler = async (event) => {
  const { challengeAnswer, privateChallengeParameters } = event.request;
  event.response.answerCorrect = challengeAnswer === privateChallengeParameters.code;
  return event;
};
