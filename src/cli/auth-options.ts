/** Who may call: `--auth` and the file of `--credentials`, read before anything is opened. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { authoriseSigned, authoriseSignedConnections } from '../proxy/authorise.ts';
import type { ProxyOptions } from '../proxy/proxy.ts';
import type { Credentials } from '../wire/sigv4.ts';
import type { Options } from './option-table.ts';
import { badOption } from './read-options.ts';

const FORM =
  '[{"accessKeyId":"…","secretAccessKey":"…"}, …], each with a "sessionToken" if the credentials are temporary';

const credentialsSchema = z
  .array(
    z.strictObject({
      accessKeyId: z.string().regex(/^[\w.+-]+$/),
      secretAccessKey: z.string().min(1),
      sessionToken: z.string().min(1).optional(),
    }),
  )
  .min(1);

/**
 * What a proxy is told of its callers, once the region is known: signatures are good for that one only.
 *
 * @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION.
 */
export function readAuth({
  auth,
  credentials: file,
}: Pick<Options, 'auth' | 'credentials'>): (
  region: string | undefined,
) => Pick<ProxyOptions, 'authorise' | 'authoriseConnection'> {
  if (auth === 'none') {
    // Whoever gives a file means it to be asked for; to leave all doors open would be the worst way to misunderstand that.
    if (file !== undefined) throw badOption('--credentials: nobody is asked for any; give --auth sigv4 as well');
    return () => ({});
  }
  if (file === undefined) throw badOption(`--auth sigv4: --credentials has to name a JSON file: ${FORM}`);
  const known = readCredentials(file);
  const credentialsOf = (accessKeyId: string): Credentials | undefined => known.get(accessKeyId);
  return (region) => ({
    authorise: authoriseSigned({ credentialsOf, region }),
    authoriseConnection: authoriseSignedConnections({ credentialsOf, region }),
  });
}

/** A message never shows a part of the file: there are secrets in it. */
function readCredentials(file: string): ReadonlyMap<string, Credentials> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw badOption(`--credentials: '${file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const parsed = credentialsSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw badOption(`--credentials: '${file}' has not the form ${FORM}${place}`);
  }
  const known = new Map<string, Credentials>();
  for (const credentials of parsed.data) {
    const { accessKeyId } = credentials;
    if (known.has(accessKeyId)) throw badOption(`--credentials: '${file}' has two entries for ${accessKeyId}`);
    known.set(accessKeyId, credentials);
  }
  return known;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
