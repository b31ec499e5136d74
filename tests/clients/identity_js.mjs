// amazon-cognito-identity-js signs people in. Each flow has a user of its own, named after it.

import identity from 'amazon-cognito-identity-js';

import { arranged, claims, refusalOf, report, sentCode, TotpApp } from './common.mjs';

const { AuthenticationDetails, CognitoRefreshToken, CognitoUser, CognitoUserAttribute, CognitoUserPool } = identity;
const { password, newPassword } = arranged;

/** What a browser keeps between two visits. */
class Storage {
  #items = new Map();
  setItem(key, value) {
    this.#items.set(key, value);
    return value;
  }
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  removeItem(key) {
    return this.#items.delete(key);
  }
  clear() {
    this.#items.clear();
  }
}

/** Call a method that takes a callback of an error and a result. */
const called = (target, method, ...given) =>
  new Promise((resolve, reject) =>
    target[method](...given, (error, ...result) => (error ? reject(error) : resolve(result[0]))),
  );

/** Call a method that takes an object of callbacks, and return the name of the one that was called, and with what. */
const answered = (target, method, ...given) =>
  new Promise((resolve, reject) => {
    const told =
      (name) =>
      (...told) =>
        resolve({ name, told });
    const names = [
      'onSuccess',
      'newPasswordRequired',
      'mfaRequired',
      'totpRequired',
      'customChallenge',
      'mfaSetup',
      'selectMFAType',
      'associateSecretCode',
      'inputVerificationCode',
    ];
    const callbacks = Object.fromEntries(names.map((name) => [name, told(name)]));
    target[method](...given, { ...callbacks, onFailure: reject });
  });

function poolOf({ poolId, clientId }, storage = new Storage()) {
  return new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: arranged.url, Storage: storage });
}

/** A person in a browser. */
function person(name, pool = arranged.pool, storage = new Storage()) {
  return new CognitoUser({ Username: name, Pool: poolOf(pool, storage), Storage: storage });
}

/** Sign in with SRP, whose arithmetic takes it a second. */
const authenticate = (user, secret = password) =>
  answered(user, 'authenticateUser', new AuthenticationDetails({ Username: user.getUsername(), Password: secret }));

/** Sign in where SRP is not what a flow is about. */
function authenticatePlainly(user, secret = password) {
  user.setAuthenticationFlowType('USER_PASSWORD_AUTH');
  return authenticate(user, secret);
}

async function signedIn(name, pool, storage) {
  const user = person(name, pool, storage);
  const outcome = await authenticatePlainly(user);
  if (outcome.name !== 'onSuccess') throw new Error(`${outcome.name} instead of onSuccess`);
  return user;
}

/** Answer a challenge with a code. */
const sendCode = (user, code, kind = 'SOFTWARE_TOKEN_MFA') =>
  new Promise((resolve, onFailure) =>
    user.sendMFACode(code, { onSuccess: (session) => resolve(session), onFailure }, kind),
  );

const attributesOf = async (user) =>
  Object.fromEntries((await called(user, 'getUserAttributes')).map((attribute) => [attribute.Name, attribute.Value]));

await report({
  async srp() {
    const { name, told } = await authenticate(person('srp'));
    const { username, token_use: use } = claims(told[0].getAccessToken().getJwtToken());
    return { name, username, use, valid: told[0].isValid() };
  },

  'wrong-password': () => refusalOf(authenticate(person('wrong-password'), newPassword)),

  'unknown-user': () => refusalOf(authenticatePlainly(person('nobody'))),

  'plain-password': async () => (await authenticatePlainly(person('plain-password'))).name,

  async 'new-password'() {
    const user = person('new-password');
    const asked = await authenticate(user);
    const done = await answered(user, 'completeNewPasswordChallenge', newPassword, {});
    const again = await authenticatePlainly(person('new-password'), newPassword);
    return [asked.name, done.name, again.name];
  },

  async totp() {
    const user = await signedIn('totp');
    const app = new TotpApp((await answered(user, 'associateSoftwareToken')).told[0]);
    await answered(user, 'verifySoftwareToken', app.code(), 'watch');
    await called(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true });
    const again = person('totp');
    const asked = await authenticate(again);
    const wrong = await refusalOf(sendCode(again, '000000'));
    const session = await sendCode(again, app.code());
    const { PreferredMfaSetting: preferred } = await called(again, 'getUserData');
    return { asked: asked.name, wrong: wrong.name, use: session.getIdToken().payload.token_use, preferred };
  },

  async 'totp-set-up-at-sign-in'() {
    const user = person('totp-set-up-at-sign-in', arranged.strict);
    const asked = await authenticatePlainly(user);
    const app = new TotpApp((await answered(user, 'associateSoftwareToken')).told[0]);
    const done = await answered(user, 'verifySoftwareToken', app.code(), 'watch');
    return [asked.name, done.name, done.told[0].isValid()];
  },

  async sms() {
    const user = await signedIn('sms', arranged.texting);
    await called(user, 'setUserMfaPreference', { Enabled: true, PreferredMfa: true }, null);
    const again = person('sms', arranged.texting);
    const asked = await authenticatePlainly(again);
    const session = await sendCode(again, await sentCode('sms', 'sms_mfa'), 'SMS_MFA');
    return [asked.name, asked.told[1].CODE_DELIVERY_DESTINATION, session.isValid()];
  },

  async 'custom-auth'() {
    const user = person('custom-auth');
    user.setAuthenticationFlowType('CUSTOM_AUTH');
    const first = await answered(user, 'initiateAuth', new AuthenticationDetails({ Username: 'custom-auth' }));
    const second = await answered(user, 'sendCustomChallengeAnswer', 'piano');
    const done = await answered(user, 'sendCustomChallengeAnswer', 'towel');
    return [first.told[0].question, second.told[0].question, done.name];
  },

  async 'custom-auth-wrong-answer'() {
    const user = person('custom-auth');
    user.setAuthenticationFlowType('CUSTOM_AUTH');
    await answered(user, 'initiateAuth', new AuthenticationDetails({ Username: 'custom-auth' }));
    return refusalOf(answered(user, 'sendCustomChallengeAnswer', 'organ'));
  },

  async 'custom-auth-after-srp'() {
    const user = person('custom-auth-after-srp');
    user.setAuthenticationFlowType('CUSTOM_AUTH');
    const asked = await authenticate(user);
    await answered(user, 'sendCustomChallengeAnswer', 'piano');
    return [asked.name, (await answered(user, 'sendCustomChallengeAnswer', 'towel')).name];
  },

  async device() {
    const storage = new Storage();
    const user = await signedIn('device', arranged.remembering, storage);
    const key = user.deviceKey;
    const remembered = await answered(user, 'setDeviceStatusRemembered');
    const described = await answered(user, 'getDevice');
    const listed = await answered(user, 'listDevices', 10, null);
    const app = new TotpApp((await answered(user, 'associateSoftwareToken')).told[0]);
    await answered(user, 'verifySoftwareToken', app.code(), 'watch');
    await called(user, 'setUserMfaPreference', null, { Enabled: true, PreferredMfa: true });

    const again = await authenticate(person('device', arranged.remembering, storage));
    const elsewhere = await authenticatePlainly(person('device', arranged.remembering));
    const forgotten = await answered(user, 'forgetDevice');
    return {
      told: [remembered.told[0], forgotten.told[0]],
      described: described.told[0].Device.DeviceKey === key,
      listed: listed.told[0].Devices.length,
      again: again.name,
      elsewhere: elsewhere.name,
    };
  },

  async refresh() {
    const user = await signedIn('refresh');
    const before = user.getSignInUserSession();
    const token = new CognitoRefreshToken({ RefreshToken: before.getRefreshToken().getToken() });
    const after = await called(user, 'refreshSession', token);
    const kept = await called(user, 'getSession');
    return {
      renewed: after.getAccessToken().getJwtToken() !== before.getAccessToken().getJwtToken(),
      sameOrigin: after.getAccessToken().payload.origin_jti === before.getAccessToken().payload.origin_jti,
      kept: kept.getAccessToken().getJwtToken() === after.getAccessToken().getJwtToken(),
    };
  },

  async 'global-sign-out'() {
    const user = await signedIn('global-sign-out');
    const elsewhere = await signedIn('global-sign-out');
    await answered(user, 'globalSignOut');
    return refusalOf(called(elsewhere, 'getUserData'));
  },

  async 'sign-out'() {
    const user = await signedIn('sign-out');
    const token = user.getSignInUserSession().getRefreshToken();
    await new Promise((resolve) => user.signOut(resolve));
    return (await refusalOf(called(user, 'refreshSession', token))).name;
  },

  async attributes() {
    const user = await signedIn('attributes');
    const changed = [
      new CognitoUserAttribute({ Name: 'email', Value: 'new@example.com' }),
      new CognitoUserAttribute({ Name: 'nickname', Value: 'Nick' }),
    ];
    await called(user, 'updateAttributes', changed);
    const unverified = await attributesOf(user);
    await answered(user, 'getAttributeVerificationCode', 'email');
    await answered(user, 'verifyAttribute', 'email', await sentCode('attributes', 'attribute_verification'));
    const verified = await attributesOf(user);
    await called(user, 'deleteAttributes', ['nickname']);
    return {
      verified: [unverified.email_verified, verified.email_verified],
      nickname: [verified.nickname, (await attributesOf(user)).nickname ?? null],
    };
  },

  async 'sign-up'() {
    const email = new CognitoUserAttribute({ Name: 'email', Value: 'new@example.com' });
    const { user, userConfirmed } = await called(poolOf(arranged.pool), 'signUp', 'newcomer', password, [email], null);
    const early = await refusalOf(authenticatePlainly(user));
    await called(user, 'resendConfirmationCode');
    const wrong = await refusalOf(called(user, 'confirmRegistration', 'nonsense', true));
    await called(user, 'confirmRegistration', await sentCode('newcomer', 'sign_up'), true);
    const done = await authenticatePlainly(user);
    await called(user, 'deleteUser');
    const gone = await refusalOf(authenticatePlainly(person('newcomer')));
    return { userConfirmed, early: early.name, wrong: wrong.name, done: done.name, gone: gone.name };
  },

  async passwords() {
    const user = await signedIn('passwords');
    await called(user, 'changePassword', password, newPassword);
    const sent = await answered(user, 'forgotPassword');
    await answered(user, 'confirmPassword', await sentCode('passwords', 'password_reset'), password);
    return [sent.name, (await authenticatePlainly(person('passwords'))).name];
  },
});
