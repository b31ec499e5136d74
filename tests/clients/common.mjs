// What the programs in this folder share: what the test arranged, the outbox, an authenticator app, and the report.

import { createHmac } from 'node:crypto';

export const arranged = JSON.parse(process.argv[2]);

/** The code in the last message that was sent to a user for this, as a user's own test would look it up. */
export async function sentCode(username, purpose) {
  const sent = await (await fetch(`${arranged.url}/outbox.json`)).json();
  return sent.findLast((message) => message.username === username && message.purpose === purpose).code;
}

/** An authenticator app (RFC 6238). The pool takes a code once: it shows the present one, and then the one after it. */
export class TotpApp {
  #secret;
  #step = 0;

  constructor(sharedSecret) {
    const bits = [...sharedSecret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter));
    const text = bits.map((value) => value.toString(2).padStart(5, '0')).join('');
    this.#secret = Buffer.from(text.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  }

  code() {
    this.#step = Math.max(Math.floor(Date.now() / 30_000), this.#step + 1);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.#step));
    const digest = createHmac('sha1', this.#secret).update(counter).digest();
    const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
  }
}

/** What a call was refused with. */
export async function refusalOf(call) {
  try {
    await call;
  } catch (error) {
    return { name: error.name === 'Error' ? error.constructor.name : error.name, message: error.message };
  }
  throw new Error('this was not refused');
}

/** The claims in a token. */
export function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

/** Run each flow, one after the other, print what came of them, and be gone: some clients leave timers behind. */
export async function report(flows) {
  const told = {};
  for (const [name, flow] of Object.entries(flows)) {
    try {
      told[name] = await flow();
    } catch (error) {
      told[name] = { failed: `${error.stack ?? error}`, cause: `${error.underlyingError?.stack ?? error.cause ?? ''}` };
    }
  }
  process.stdout.write(JSON.stringify(told), () => process.exit(0));
}
