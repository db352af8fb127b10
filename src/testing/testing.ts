/** What the tests of programs that use Slipstream need: `slipstream/testing`. */
export { FaultyStore, type Effect, type Fault, type FaultChances, type FaultyStoreOptions } from './faulty-store.ts';
export { withFaults, type ChosenFaults } from './with-faults.ts';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
