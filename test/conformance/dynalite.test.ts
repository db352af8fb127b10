import { startDynalite } from '../support/foreign-stores.ts';
import { describeForeign } from './describe-table.ts';
import { dynalite } from './differences-of-dynalite.ts';
import { foreignTarget } from './targets.ts';

describeForeign('dynalite:', async () => foreignTarget(await startDynalite()), dynalite);
