/**
 * Runs before each test file. In CI every property takes the same course in every run, so that a change is judged by what it
 * changed; elsewhere fast-check draws a new seed each time and prints it when a property fails.
 */
import fc from 'fast-check';

const SEED = 20_261_122;

if (process.env['CI'] === 'true') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
