import { describeForeign } from '../conformance/describe-table.ts';
import { openDaxTarget } from './dax-target.ts';
import { dax } from './differences-of-dax.ts';

describeForeign('the DAX door, by its version 3 client', openDaxTarget, dax);
