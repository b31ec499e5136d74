// aws-amplify signs people in through every verb that it has. Each flow has a user of its own, named after it.

import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth'; // autoSignIn changes under this name
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { sharedInMemoryStorage } from 'aws-amplify/utils';

import { arranged, refusalOf, report, sentCode, TotpApp } from './common.mjs';
import { openPage } from './passkeys.mjs';

const { password, newPassword } = arranged;
const PLAINLY = { authFlowType: 'USER_PASSWORD_AUTH' };

globalThis.navigator ??= { userAgent: 'Node.js' }; // a device is called after it; Node has one since version 21
cognitoUserPoolsTokenProvider.setKeyValueStorage(sharedInMemoryStorage);

/** Turn to another pool, with nobody signed in. What is remembered of devices stays. */
async function turnTo({ poolId: userPoolId, clientId: userPoolClientId }) {
  Amplify.configure({ Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: arranged.url } } });
  await auth.signOut();
}

/** Sign in to a pool, and return the step that comes then. */
async function signIn(username, pool = arranged.pool, options = PLAINLY, secret = password) {
  await turnTo(pool);
  return (await auth.signIn({ username, password: secret, options })).nextStep;
}

/** Answer, and return the step that comes then. */
const confirm = async (challengeResponse, options) =>
  (await auth.confirmSignIn({ challengeResponse, options })).nextStep;

/** The names of steps. */
const names = (...steps) => steps.map((step) => step.signInStep);

const username = async () => (await auth.getCurrentUser()).username;

await report({
  verbs: () => Object.keys(auth),

  // The ways to sign in

  async srp() {
    const done = await signIn('srp', arranged.pool, {});
    const { tokens, userSub } = await auth.fetchAuthSession();
    const user = await auth.getCurrentUser();
    return {
      steps: names(done),
      use: tokens.accessToken.payload.token_use,
      same: userSub === user.userId && auth.decodeJWT(tokens.idToken.toString()).payload.sub === userSub,
      details: user.signInDetails,
    };
  },

  'wrong-password': () => refusalOf(signIn('wrong-password', arranged.pool, {}, newPassword)),

  'unknown-user': () => refusalOf(signIn('nobody')),

  async 'plain-password'() {
    return [...names(await signIn('plain-password')), await username()];
  },

  async 'custom-without-srp'() {
    await turnTo(arranged.pool);
    const options = { authFlowType: 'CUSTOM_WITHOUT_SRP' };
    const { nextStep: first } = await auth.signIn({ username: 'custom-without-srp', options });
    const second = await confirm('piano');
    const done = await confirm('towel');
    return [...names(first, second, done), first.additionalInfo.question, second.additionalInfo.question];
  },

  async 'custom-with-srp'() {
    const first = await signIn('custom-with-srp', arranged.pool, { authFlowType: 'CUSTOM_WITH_SRP' });
    return names(first, await confirm('piano'), await confirm('towel'));
  },

  async 'chosen-e-mail-code'() {
    await turnTo(arranged.choosing);
    const options = { authFlowType: 'USER_AUTH' };
    const { nextStep: choice } = await auth.signIn({ username: 'chosen-e-mail-code', options });
    const mailed = await confirm('EMAIL_OTP');
    const done = await confirm(await sentCode('chosen-e-mail-code', 'email_otp'));
    return [...names(choice, mailed, done), choice.availableChallenges.sort(), mailed.codeDeliveryDetails];
  },

  async 'preferred-e-mail-code'() {
    await turnTo(arranged.choosing);
    const options = { authFlowType: 'USER_AUTH', preferredChallenge: 'EMAIL_OTP' };
    const { nextStep: mailed } = await auth.signIn({ username: 'preferred-e-mail-code', options });
    return names(mailed, await confirm(await sentCode('preferred-e-mail-code', 'email_otp')));
  },

  async 'chosen-password'() {
    await turnTo(arranged.choosing);
    const { nextStep: choice } = await auth.signIn({
      username: 'chosen-password',
      options: { authFlowType: 'USER_AUTH' },
    });
    const asked = await confirm('PASSWORD');
    return names(choice, asked, await confirm(password));
  },

  async 'chosen-srp'() {
    await turnTo(arranged.choosing);
    await auth.signIn({ username: 'chosen-srp', options: { authFlowType: 'USER_AUTH' } });
    const asked = await confirm('PASSWORD_SRP');
    return names(asked, await confirm(password));
  },

  async 'preferred-password'() {
    return names(
      await signIn('preferred-password', arranged.choosing, {
        authFlowType: 'USER_AUTH',
        preferredChallenge: 'PASSWORD',
      }),
    );
  },

  async 'preferred-srp'() {
    return names(
      await signIn('preferred-srp', arranged.choosing, {
        authFlowType: 'USER_AUTH',
        preferredChallenge: 'PASSWORD_SRP',
      }),
    );
  },

  async passkey() {
    await signIn('passkey', arranged.choosing);
    const closePage = openPage(arranged.site);
    try {
      await auth.associateWebAuthnCredential();
      const { credentials } = await auth.listWebAuthnCredentials();
      await auth.signOut();
      const options = { authFlowType: 'USER_AUTH', preferredChallenge: 'WEB_AUTHN' };
      const { nextStep: preferred } = await auth.signIn({ username: 'passkey', options });
      await auth.signOut();
      await auth.signIn({ username: 'passkey', options: { authFlowType: 'USER_AUTH' } });
      const chosen = await confirm('WEB_AUTHN');
      await auth.deleteWebAuthnCredential({ credentialId: credentials[0].credentialId });
      const left = await auth.listWebAuthnCredentials();
      return {
        listed: credentials.map(({ relyingPartyId }) => relyingPartyId),
        steps: names(preferred, chosen),
        left: left.credentials,
      };
    } finally {
      closePage();
    }
  },

  // What may come after the first factor

  async 'new-password'() {
    const asked = await signIn('new-password', arranged.demanding);
    const done = await confirm(newPassword, { userAttributes: { given_name: 'Alice' } });
    return [...names(asked, done), asked.missingAttributes, (await auth.fetchUserAttributes()).given_name];
  },

  async 'sms-code'() {
    const asked = await signIn('sms-code', arranged.factors);
    const wrong = await refusalOf(confirm('000000'));
    const done = await confirm(await sentCode('sms-code', 'sms_mfa'));
    return [...names(asked, done), asked.codeDeliveryDetails, wrong.name];
  },

  async 'e-mail-code'() {
    const asked = await signIn('e-mail-code', arranged.factors);
    return names(asked, await confirm(await sentCode('e-mail-code', 'email_otp')));
  },

  async 'selected-factor'() {
    const choice = await signIn('selected-factor', arranged.factors);
    const asked = await confirm('EMAIL');
    const done = await confirm(await sentCode('selected-factor', 'email_otp'));
    return [...names(choice, asked, done), choice.allowedMFATypes.sort()];
  },

  async 'totp-set-up-at-sign-in'() {
    const choice = await signIn('totp-set-up-at-sign-in', arranged.strict);
    const setUp = await confirm('TOTP');
    const app = new TotpApp(setUp.totpSetupDetails.sharedSecret);
    const wrong = await refusalOf(confirm('000000'));
    const done = await confirm(app.code(), { friendlyDeviceName: 'watch' });
    const asked = await signIn('totp-set-up-at-sign-in', arranged.strict);
    const again = await confirm(app.code());
    return [...names(choice, setUp, done, asked, again), choice.allowedMFATypes.sort(), wrong.name];
  },

  async 'e-mail-set-up-at-sign-in'() {
    const choice = await signIn('e-mail-set-up-at-sign-in', arranged.strict);
    const setUp = await confirm('EMAIL');
    const asked = await confirm('new@example.com');
    return names(choice, setUp, asked, await confirm(await sentCode('e-mail-set-up-at-sign-in', 'email_otp')));
  },

  'reset-demanded': async () => names(await signIn('reset-demanded')),

  // Signing up

  async 'sign-up'() {
    await turnTo(arranged.pool);
    const { isSignUpComplete, nextStep } = await auth.signUp({
      username: 'newcomer',
      password,
      options: { userAttributes: { email: 'new@example.com' }, autoSignIn: true },
    });
    const sent = await auth.resendSignUpCode({ username: 'newcomer' });
    const wrong = await refusalOf(auth.confirmSignUp({ username: 'newcomer', confirmationCode: 'nonsense' }));
    const confirmationCode = await sentCode('newcomer', 'sign_up');
    const confirmed = await auth.confirmSignUp({ username: 'newcomer', confirmationCode });
    const done = await auth.autoSignIn();
    return {
      isSignUpComplete,
      steps: [nextStep.signUpStep, confirmed.nextStep.signUpStep, done.nextStep.signInStep],
      sent: [nextStep.codeDeliveryDetails.destination, sent.destination],
      wrong: wrong.name,
      username: await username(),
    };
  },

  async unconfirmed() {
    await turnTo(arranged.pool);
    await auth.signUp({ username: 'unconfirmed', password, options: { userAttributes: { email: 'new@example.com' } } });
    return names(await signIn('unconfirmed'));
  },

  async 'sign-up-without-a-password'() {
    await turnTo(arranged.choosing);
    await auth.signUp({
      username: 'passwordless',
      options: { userAttributes: { email: 'new@example.com' }, autoSignIn: { authFlowType: 'USER_AUTH' } },
    });
    const confirmationCode = await sentCode('passwordless', 'sign_up');
    const { nextStep } = await auth.confirmSignUp({ username: 'passwordless', confirmationCode });
    const done = await auth.autoSignIn();
    return [nextStep.signUpStep, done.nextStep.signInStep, await username()];
  },

  // Passwords

  async 'forgotten-password'() {
    await turnTo(arranged.pool);
    const { nextStep } = await auth.resetPassword({ username: 'forgotten-password' });
    const wrong = await refusalOf(
      auth.confirmResetPassword({ username: 'forgotten-password', confirmationCode: 'nonsense', newPassword }),
    );
    const confirmationCode = await sentCode('forgotten-password', 'password_reset');
    await auth.confirmResetPassword({ username: 'forgotten-password', confirmationCode, newPassword });
    const done = await signIn('forgotten-password', arranged.pool, PLAINLY, newPassword);
    return [nextStep.resetPasswordStep, nextStep.codeDeliveryDetails, wrong.name, ...names(done)];
  },

  async 'changed-password'() {
    await signIn('changed-password');
    const wrong = await refusalOf(auth.updatePassword({ oldPassword: newPassword, newPassword }));
    await auth.updatePassword({ oldPassword: password, newPassword });
    return [wrong.name, ...names(await signIn('changed-password', arranged.pool, PLAINLY, newPassword))];
  },

  // Attributes

  async attributes() {
    await signIn('attributes');
    const one = await auth.updateUserAttribute({ userAttribute: { attributeKey: 'nickname', value: 'Nick' } });
    const many = await auth.updateUserAttributes({ userAttributes: { email: 'new@example.com', locale: 'en-GB' } });
    const unverified = await auth.fetchUserAttributes();
    const sent = await auth.sendUserAttributeVerificationCode({ userAttributeKey: 'email' });
    const confirmationCode = await sentCode('attributes', 'attribute_verification');
    await auth.confirmUserAttribute({ userAttributeKey: 'email', confirmationCode });
    const verified = await auth.fetchUserAttributes();
    await auth.deleteUserAttributes({ userAttributeKeys: ['nickname'] });
    return {
      steps: [one, many.locale, many.email].map((each) => each.nextStep?.updateAttributeStep ?? each),
      verified: [unverified.email_verified, verified.email_verified],
      sent: sent.destination,
      nickname: [verified.nickname, (await auth.fetchUserAttributes()).nickname ?? null],
    };
  },

  // Factors of one's own

  async 'totp-set-up'() {
    await signIn('totp-set-up');
    const details = await auth.setUpTOTP();
    const app = new TotpApp(details.sharedSecret);
    const wrong = await refusalOf(auth.verifyTOTPSetup({ code: '000000' }));
    await auth.verifyTOTPSetup({ code: app.code(), options: { friendlyDeviceName: 'watch' } });
    await auth.updateMFAPreference({ totp: 'PREFERRED' });
    const preference = await auth.fetchMFAPreference();
    const asked = await signIn('totp-set-up');
    return {
      uri: details.getSetupUri('app').href.split('?')[0],
      wrong: wrong.name,
      preference,
      steps: names(asked, await confirm(app.code())),
    };
  },

  // Devices

  async devices() {
    await signIn('devices', arranged.remembering);
    await auth.rememberDevice();
    const [device, ...others] = await auth.fetchDevices();
    const app = new TotpApp((await auth.setUpTOTP()).sharedSecret);
    await auth.verifyTOTPSetup({ code: app.code() });
    await auth.updateMFAPreference({ totp: 'PREFERRED' });
    const withDevice = await signIn('devices', arranged.remembering, {});
    const kept = await auth.fetchDevices();
    await auth.forgetDevice();
    const left = await auth.fetchDevices();
    const without = await signIn('devices', arranged.remembering);
    return {
      others,
      attributes: Object.keys(device.attributes).sort(),
      steps: names(withDevice, without),
      same: kept.map(({ id }) => id === device.id),
      left,
    };
  },

  // Sessions

  async refresh() {
    await signIn('refresh');
    const before = (await auth.fetchAuthSession()).tokens;
    const after = (await auth.fetchAuthSession({ forceRefresh: true })).tokens;
    const kept = (await auth.fetchAuthSession()).tokens;
    return {
      renewed: after.accessToken.toString() !== before.accessToken.toString(),
      sameOrigin: after.accessToken.payload.origin_jti === before.accessToken.payload.origin_jti,
      kept: kept.accessToken.toString() === after.accessToken.toString(),
    };
  },

  async 'sign-out'() {
    await signIn('sign-out');
    await auth.signOut();
    return [(await auth.fetchAuthSession()).tokens ?? null, (await refusalOf(auth.getCurrentUser())).name];
  },

  async 'global-sign-out'() {
    await signIn('global-sign-out');
    const { tokens } = await auth.fetchAuthSession();
    await auth.signOut({ global: true });
    const operation = 'AWSCognitoIdentityProviderService.GetUser';
    const reply = await fetch(arranged.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': operation },
      body: JSON.stringify({ AccessToken: tokens.accessToken.toString() }),
    });
    return (await reply.json()).message;
  },

  async 'delete-user'() {
    await signIn('delete-user');
    await auth.deleteUser();
    return (await refusalOf(signIn('delete-user'))).name;
  },
});
