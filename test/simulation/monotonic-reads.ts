/**
 * Once a cache of the node has shown a version of an item, no cache of it shows an older one. A store whose replicas lag
 * may itself go back between two reads, and what it answers may be cached, so this holds only in front of one that does not.
 */
import { NotedFloor } from './floor.ts';

export class MonotonicReads extends NotedFloor {
  constructor() {
    super('monotonic reads');
  }
}
