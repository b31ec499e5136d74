const crypto = require('crypto');

exports.handler = async (event) => {
  const answer = String(crypto.randomInt(100000, 1000000));
  event.response.publicChallengeParameters = { answer };
  event.response.privateChallengeParameters = { answer };
  event.response.challengeMetadata = 'CODE';
  return event;
};
