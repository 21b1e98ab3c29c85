import { message } from '../schema/message.ts'

/** Nothing happened; its commit shows that the quorum is alive (KIP-835). */

export const NoOpRecord = message('NoOpRecord', { key: 20, versions: [0, 0], flexible: 0 }, {})
export type NoOpRecord = typeof NoOpRecord.T
