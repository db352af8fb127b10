import { describe } from 'vitest';
import { motoIsHere, startMoto } from '../support/foreign-stores.ts';
import { describeForeign } from './describe-table.ts';
import { moto } from './differences-of-moto.ts';
import { foreignTarget } from './targets.ts';

describe.skipIf(!motoIsHere())('in Python', () => {
  describeForeign('moto:', async () => foreignTarget(await startMoto()), moto);
});
