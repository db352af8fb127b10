/** What the DAX door of a proxy is told: files are read here, and what is missing is said before anything is opened. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipstreamError } from '../base/errors.ts';
import { checkDaxTls } from '../proxy/dax-door.ts';
import type { DaxTls } from '../proxy/dax-door.ts';
import type { ProxyOptions } from '../proxy/proxy.ts';
import type { Options } from './option-table.ts';

/** In the data directory, also where the tables are elsewhere. */
const LIST_FILE = 'dax-attribute-lists.jsonl';

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION. */
export function daxOptions(options: Options): Partial<ProxyOptions> {
  const { daxPort, daxTlsPort, daxTlsCert: cert, daxTlsKey: key, daxAdvertise } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', '--dax-tls-cert and --dax-tls-key belong together: give both');
  }
  return {
    daxPort,
    daxTlsPort,
    daxTls: cert === undefined || key === undefined ? undefined : readTls(cert, key),
    daxAdvertise,
    daxListFile: options.inMemory ? undefined : join(options.data, LIST_FILE),
  };
}

function readTls(certPath: string, keyPath: string): DaxTls {
  const tls = { cert: readPem('--dax-tls-cert', certPath), key: readPem('--dax-tls-key', keyPath) };
  checkDaxTls(tls);
  return tls;
}

function readPem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SlipstreamError('SLIPSTREAM_BAD_OPTION', `${flag} ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
