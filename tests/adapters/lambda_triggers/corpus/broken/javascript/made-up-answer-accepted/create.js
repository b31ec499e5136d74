const crypto = require('crypto');

exports.handler = async (event) => {
  const answer = String(crypto.randomInt(100000, 1000000));
  console.log('sending a code to', event.request.userAttributes.email);
  event.response.publicChallengeParameters = { email: event.request.userAttributes.email };
  event.response.privateChallengeParameters = { answer };
  return event;
};
