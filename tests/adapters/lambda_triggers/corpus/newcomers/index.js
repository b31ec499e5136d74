const { randomInt } = require('crypto');

exports.preSignUp = async (event) => {
  const { email } = event.request.userAttributes;
  if (!email.endsWith('@example.com')) {
    throw new Error(`${email} is not one of us`);
  }
  event.response.autoVerifyEmail = true;
  return event;
};

exports.customMessage = (event, context, callback) => {
  if (event.triggerSource === 'CustomMessage_SignUp') {
    event.response.emailSubject = 'Welcome';
    event.response.emailMessage = `Hello ${event.request.userAttributes.name}, your code is ${event.request.codeParameter}`;
  }
  callback(null, event);
};

exports.postConfirmation = async (event) => {
  console.log('a new user:', event.userName);
  return event;
};

exports.preAuthentication = async (event) => {
  if (event.request.validationData?.from === 'nowhere') {
    throw new Error('We do not know where you are');
  }
  return event;
};

exports.defineAuthChallenge = async (event) => {
  const { session } = event.request;
  const last = session[session.length - 1];
  if (last && last.challengeResult) {
    event.response.issueTokens = true;
    event.response.failAuthentication = false;
  } else if (session.length >= 3) {
    event.response.issueTokens = false;
    event.response.failAuthentication = true;
  } else {
    event.response.challengeName = 'CUSTOM_CHALLENGE';
    event.response.issueTokens = false;
    event.response.failAuthentication = false;
  }
  return event;
};

exports.createAuthChallenge = async (event) => {
  const left = randomInt(10);
  const right = randomInt(10);
  event.response.publicChallengeParameters = { question: `${left} + ${right}` };
  event.response.privateChallengeParameters = { sum: String(left + right) };
  return event;
};

exports.verifyAuthChallengeResponse = async (event) => {
  const { challengeAnswer, privateChallengeParameters } = event.request;
  event.response.answerCorrect = challengeAnswer === privateChallengeParameters.sum;
  return event;
};

exports.preTokenGeneration = (event, context) => {
  event.response.claimsAndScopeOverrideDetails = {
    idTokenGeneration: { claimsToAddOrOverride: { family: 'Liddell' }, claimsToSuppress: ['name'] },
    accessTokenGeneration: { claimsToAddOrOverride: { plan: { name: 'free', seats: 1 } } },
  };
  context.succeed(event);
};
