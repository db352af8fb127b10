import { describeConformance } from './describe-table.ts';
import { openAccelerated, openEmbedded, openInProcess } from './targets.ts';

describeConformance('the embedded store, over HTTP:', openEmbedded);
describeConformance('the accelerator in front of it, over HTTP:', openAccelerated);
describeConformance('the client with the store in its process:', openInProcess);
