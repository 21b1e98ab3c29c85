declare const brand: unique symbol

/** A scalar that must not be mixed with another of the same base type. */
export type Branded<Base, Name extends string> = Base & { readonly [brand]?: Name }

/** A record's place in a partition's log. */
export type Offset = Branded<number, 'Offset'>
/** Counts the leaders of a partition (KIP-101). */
export type LeaderEpoch = Branded<number, 'LeaderEpoch'>
/** Counts the changes of a partition's registration (KIP-497). */
export type PartitionEpoch = Branded<number, 'PartitionEpoch'>
/** Names one incarnation of a broker: the offset of its registration record (KIP-631). */
export type BrokerEpoch = Branded<number, 'BrokerEpoch'>
/** Names a producer for idempotence and transactions (KIP-98). */
export type ProducerId = Branded<number, 'ProducerId'>
