import { randomInt } from 'node:crypto';

export const handler = async (event) => {
  const kept = event.request.session.at(-1)?.challengeMetadata;
  const code = kept ? kept.replace('CODE-', '') : String(randomInt(100000, 1000000));
  event.response.publicChallengeParameters = { email: event.request.userAttributes.email };
  event.response.privateChallengeParameters = { code };
  event.response.challengeMetadata = `CODE-${code}`;
  return event;
};
