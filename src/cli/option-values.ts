/** How a text of the command line, of the environment or of the config file becomes a value; each says what it allows. */
import { z } from 'zod';

export interface ValueKind<Value> {
  readonly schema: z.ZodType<Value, string>;
  /** What is allowed, for the message of a refusal and for `--help`. */
  readonly allowed: string;
}

const wholeNumber = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().max(Number.MAX_SAFE_INTEGER));

export function count(min: number, max: number): ValueKind<number> {
  return { schema: wholeNumber.pipe(z.number().min(min).max(max)), allowed: `a whole number from ${min} to ${max}` };
}

export const port: ValueKind<number | 'off'> = {
  schema: z.union([z.literal('off'), wholeNumber.pipe(z.number().max(65_535))]),
  allowed: '0 (a free port) to 65535, or off',
};

export const text: ValueKind<string> = { schema: z.string().min(1), allowed: 'a text that is not empty' };

export function oneOf<const Word extends string>(...words: readonly [Word, ...Word[]]): ValueKind<Word> {
  return { schema: z.enum(words), allowed: words.join(', ') };
}

export const flag: ValueKind<boolean> = {
  schema: z.enum(['true', 'false', '1', '0']).transform((word) => word === 'true' || word === '1'),
  allowed: 'true or false',
};

export const share: ValueKind<number> = {
  schema: z.string().regex(/\d/).transform(Number).pipe(z.number().min(0).max(1)),
  allowed: 'a share from 0 to 1, such as 0.001',
};

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

export function bytes(min: number): ValueKind<number> {
  const schema = z.string().transform((given, context) => {
    const [, amount, unit = 'b'] = /^(\d+(?:\.\d+)?)\s*([kmg]i?b|b)?$/i.exec(given) ?? [];
    const size = Math.floor(Number(amount) * (BYTES[unit.toLowerCase()] ?? Number.NaN));
    if (Number.isSafeInteger(size) && size >= min) return size;
    context.addIssue({ code: 'custom', message: 'not a size' });
    return z.NEVER;
  });
  return { schema, allowed: `a size of at least ${min} bytes, such as 268435456, 256MiB or 1GiB` };
}

const LATENCY_MS_MAX = 3_600_000;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3 };

export function duration(min: number, max: number): ValueKind<number> {
  const schema = z.string().transform((given, context) => {
    const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(given) ?? [];
    const lasting = Math.round(Number(amount) * (MILLISECONDS[unit] ?? Number.NaN));
    if (lasting >= min && lasting <= max) return lasting;
    context.addIssue({ code: 'custom', message: 'not a duration' });
    return z.NEVER;
  });
  return { schema, allowed: `${min} to ${max} milliseconds, also as 500ms, 5s, 5m or 1h` };
}

/** Milliseconds, and by how much more they may be at random. */
export const latency: ValueKind<readonly [ms: number, jitterMs: number]> = {
  schema: z
    .string()
    .regex(/^\d+(,\d+)?$/)
    .transform((given) => {
      const [ms = 0, jitterMs = 0] = given.split(',').map(Number);
      return [ms, jitterMs] as const;
    })
    .pipe(z.tuple([z.number().max(LATENCY_MS_MAX), z.number().max(LATENCY_MS_MAX)]).readonly()),
  allowed: `milliseconds from 0 to ${LATENCY_MS_MAX}, alone or with a jitter behind a comma, such as 20 or 20,5`,
};

export const url: ValueKind<string> = {
  schema: z.string().refine((given) => isHttpUrl(given)),
  allowed: 'an address such as http://127.0.0.1:8000 or https://dynamodb.eu-west-1.amazonaws.com',
};

export const backingStore: ValueKind<string> = {
  schema: z.string().refine((given) => given === 'embedded' || isHttpUrl(given)),
  allowed: `embedded, or ${url.allowed}`,
};

export const words: ValueKind<readonly string[]> = {
  schema: z.string().transform((given) =>
    given
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  ),
  allowed: 'texts with commas between them',
};

const ttl = z.number().int().nonnegative().optional();
const ttls = z.record(z.string(), z.strictObject({ itemTtlMs: ttl, queryTtlMs: ttl, negativeTtlMs: ttl }));

export const ttlOverrides: ValueKind<z.output<typeof ttls>> = {
  schema: z
    .string()
    .transform((given, context): unknown => {
      try {
        return JSON.parse(given) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' });
        return z.NEVER;
      }
    })
    .pipe(ttls),
  allowed: 'JSON such as {"Movies":{"itemTtlMs":60000},"Movies/genre-index":{"queryTtlMs":1000}}',
};

function isHttpUrl(given: string): boolean {
  return URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
}
