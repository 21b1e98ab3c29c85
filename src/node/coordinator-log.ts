import { ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { BatchView } from '../../protocol/records/batch.ts'
import { ZERO_UUID } from '../../protocol/wire/uuid.ts'
import type { CoordinatorLog } from '../coordinator/runtime/ports.ts'
import type { ReplicaManager } from '../replica/replica-manager.ts'

/** Records of coordinators are in the newest form, whatever clients speak. */
const NEWEST_PRODUCE_VERSION = 13
/** The runtime gives up on replies by itself; what is appended may take as long as it takes. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** A coordinator's internal topic, through the replica manager: acks=all, past the checks that are for clients. */
export function coordinatorLog(replicas: ReplicaManager, topic: string): CoordinatorLog {
  return {
    async append(partition, batch) {
      const [result] = await replicas.append({
        acks: -1,
        timeoutMs: NO_TIMEOUT_MS,
        origin: 'coordinator',
        apiVersion: NEWEST_PRODUCE_VERSION,
        entries: [{ topic, topicId: ZERO_UUID, partition, records: batch }],
      })
      if (result!.errorCode !== ErrorCode.NONE) throw new ProtocolError(result!.errorCode)
      return { lastOffset: result!.baseOffset + lastOffsetDelta(batch) }
    },
    read: (partition) => replicas.readBatches(topic, partition),
  }
}

const lastOffsetDelta = (batch: Buffer): number => BatchView.at(batch).lastOffsetDelta
