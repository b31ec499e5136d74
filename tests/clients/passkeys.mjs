// What of a browser a passkey ceremony needs, on a site that is not there: navigator.credentials and its classes.
// Source: W3C Web Authentication, Level 2, 5.1, 6.1 and 6.5; RFC 9053 for the key.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const ES256 = -7;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const sha256 = (data) => createHash('sha256').update(data).digest();
const buffer = (bytes) => new Uint8Array(bytes).buffer;

/** CBOR, as far as a key and an attestation need it: integers, byte strings, texts and maps. */
function cbor(value) {
  const head = (major, number) =>
    number < 24
      ? Buffer.of((major << 5) | number)
      : number < 256
        ? Buffer.of((major << 5) | 24, number)
        : Buffer.of((major << 5) | 25, number >> 8, number & 255);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
  return Buffer.concat([head(2, value.length), value]);
}

class AuthenticatorResponse {
  constructor(members) {
    Object.assign(this, members);
  }
}

class AuthenticatorAttestationResponse extends AuthenticatorResponse {
  getTransports = () => ['internal', 'hybrid'];
  getPublicKeyAlgorithm = () => ES256;
  getPublicKey = () => buffer(this.spki);
  getAuthenticatorData = () => this.authenticatorData;
}

class AuthenticatorAssertionResponse extends AuthenticatorResponse {}

class PublicKeyCredential {
  type = 'public-key';
  authenticatorAttachment = 'platform';
  getClientExtensionResults = () => ({});

  constructor(id, response) {
    this.id = id.toString('base64url');
    this.rawId = buffer(id);
    this.response = response;
  }
}

/** An authenticator on a site. */
class Credentials {
  #site;
  #passkeys = [];

  constructor(site) {
    this.#site = site;
  }

  async create({ publicKey: options }) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const passkey = { id: randomBytes(32), userHandle: options.user.id, privateKey };
    this.#passkeys.push(passkey);
    const { x, y } = publicKey.export({ format: 'jwk' });
    const key = new Map([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]);
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, passkey.id.length), passkey.id, cbor(key)]);
    const data = this.#data(options.rp.id, HAS_CREDENTIAL, attested);
    return new PublicKeyCredential(
      passkey.id,
      new AuthenticatorAttestationResponse({
        clientDataJSON: buffer(this.#clientData('webauthn.create', options)),
        attestationObject: buffer(
          cbor(
            new Map([
              ['fmt', 'none'],
              ['attStmt', new Map()],
              ['authData', data],
            ]),
          ),
        ),
        authenticatorData: buffer(data),
        spki: publicKey.export({ type: 'spki', format: 'der' }),
      }),
    );
  }

  async get({ publicKey: options }) {
    const allowed = options.allowCredentials.map(({ id }) => Buffer.from(id).toString('hex'));
    const passkey = this.#passkeys.find(({ id }) => allowed.includes(id.toString('hex')));
    const clientData = this.#clientData('webauthn.get', options);
    const data = this.#data(options.rpId, 0);
    return new PublicKeyCredential(
      passkey.id,
      new AuthenticatorAssertionResponse({
        clientDataJSON: buffer(clientData),
        authenticatorData: buffer(data),
        signature: buffer(sign('sha256', Buffer.concat([data, sha256(clientData)]), passkey.privateKey)),
        userHandle: passkey.userHandle,
      }),
    );
  }

  #data(rpId, flags, attested = Buffer.alloc(0)) {
    return Buffer.concat([sha256(rpId), Buffer.of(USER_PRESENT | USER_VERIFIED | flags), Buffer.alloc(4), attested]);
  }

  #clientData(type, { challenge }) {
    const said = {
      type,
      challenge: Buffer.from(challenge).toString('base64url'),
      origin: `https://${this.#site}`,
      crossOrigin: false,
    };
    return Buffer.from(JSON.stringify(said));
  }
}

/** Make this program look like a page of the site, until the function that is returned is called. */
export function openPage(site) {
  const page = { document: {}, isSecureContext: true, PublicKeyCredential };
  const globals = {
    window: page,
    PublicKeyCredential,
    AuthenticatorAttestationResponse,
    AuthenticatorAssertionResponse,
  };
  Object.assign(globalThis, globals);
  navigator.credentials = new Credentials(site);
  return () => {
    delete navigator.credentials;
    for (const name of Object.keys(globals)) delete globalThis[name];
  };
}
