// aws-jwt-verify checks tokens with the keys that are served.

import { CognitoJwtVerifier, JwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';

import { arranged, refusalOf, report } from './common.mjs';

// Its own fetcher speaks https alone. This one asks a fake for the path that would be asked of AWS.
function keysOf(fake) {
  const fetcher = { fetch: async (uri) => (await fetch(fake.url + new URL(uri).pathname)).arrayBuffer() };
  return { jwksCache: new SimpleJwksCache({ fetcher }) };
}

const nameOfRefusal = async (call) => (await refusalOf(call)).name;

async function judged(verifier, fake) {
  const verified = [await verifier.verify(fake.id), await verifier.verify(fake.access)];
  return {
    verified: verified.map((claims) => claims.token_use),
    tampered: [
      await nameOfRefusal(verifier.verify(fake.tampered[0])),
      await nameOfRefusal(verifier.verify(fake.tampered[1])),
    ],
  };
}

await report({
  async CognitoJwtVerifier() {
    const fake = arranged.disguised;
    const expected = { userPoolId: fake.poolId, clientId: fake.clientId, tokenUse: null };
    const verifier = CognitoJwtVerifier.create(expected, keysOf(fake));
    return {
      ...(await judged(verifier, fake)),
      'another app': await nameOfRefusal(verifier.verify(fake.id, { clientId: 'another' })),
      'another use': await nameOfRefusal(verifier.verify(fake.id, { tokenUse: 'access' })),
    };
  },

  async JwtVerifier() {
    const fake = arranged.open;
    const issuer = `${fake.url}/${fake.poolId}`;
    const verifier = JwtVerifier.create({ issuer, audience: null }, keysOf(fake));
    return {
      ...(await judged(verifier, fake)),
      'from elsewhere': await nameOfRefusal(verifier.verify(arranged.disguised.id)),
    };
  },
});
