/** What a client says once, when it connects; there is no answer to it. */
import { major, type CborReader } from './cbor-reader.ts';
import type { DaxClient } from './dax-call.ts';
import { MalformedFrame } from './malformed.ts';

/** Magic, layering, session, headers, mode. */
export const PREAMBLE_ITEMS = 5;

const MAGIC = 'J7yne5G';
const LAYERING = 0;
const NO_CLIENT = 'this is no DAX client';

const OPENING = Buffer.from(`\x67${MAGIC}`, 'latin1');

/**
 * Looks at a first message that may not be all there: whoever speaks another protocol is told at once, and not when its bytes
 * happen to fill a frame.
 */
export function checkOpening(bytes: Buffer): void {
  const length = Math.min(bytes.length, OPENING.length);
  if (bytes.compare(OPENING, 0, length, 0, length) !== 0) throw new MalformedFrame(NO_CLIENT);
}

export function readPreamble(reader: CborReader): DaxClient {
  if (reader.nextMajor !== major.text || reader.text() !== MAGIC) throw new MalformedFrame(NO_CLIENT);
  if (reader.integer() !== LAYERING) throw new MalformedFrame('a layering that is not known');
  // A session: bytes, a text or null, by the client's language. Nothing hangs on it.
  reader.skip(1);
  let userAgent = '';
  if (!reader.takeNull()) {
    reader.eachEntry(() => {
      const name = reader.text();
      const value = reader.text();
      if (name === 'UserAgent') userAgent = value;
    });
  }
  reader.skip(1);
  return { userAgent };
}
