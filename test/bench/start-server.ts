/** Starts a server as the bench does, says where it is and where its files are, and then waits or fails; for `child.test.ts`. */
import { join } from 'node:path';
import { Child, ownFolder } from '../../bench/child.ts';

const script = join(import.meta.dirname, '../../bench/floor-server.ts');
const child = await Child.start([...process.execArgv, script, 'net', import.meta.filename]);
process.stdout.write(`${JSON.stringify({ url: child.ready.http, folder: ownFolder() })}\n`);
if (process.argv[2] === 'fail') throw new Error('something else went wrong');
