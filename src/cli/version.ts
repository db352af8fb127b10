import { readFileSync } from 'node:fs';

/** The package's own folder, which is two above this file both in `src/` and in `dist/`. */
export const packageFolder = new URL('../../', import.meta.url);

export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageFolder), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
