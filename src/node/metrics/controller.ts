import { counter, gauge, type Metric } from '../../base/metrics.ts'
import { type ControllerCounters, clusterCounts } from '../../controller/metrics.ts'
import type { MetadataImage } from '../../metadata/image.ts'

const CONTROLLER = 'kafka_controller_kafkacontroller'
const STATS = 'kafka_controller_controllerstats'

export interface ControllerState {
  readonly isActive: boolean
  /** Terms of this node. */
  readonly claims: number
  readonly counters: ControllerCounters
  readonly image: MetadataImage
  readonly committedOffset: number
}

/** The cluster as its controllers see it; all but the first are the same on each of them (facts E5 to E7, E9). */
export function controllerMetrics({ isActive, claims, counters, image, committedOffset }: ControllerState): Metric[] {
  const counts = clusterCounts(image)
  return [
    gauge(`${CONTROLLER}_activecontrollercount`, '1 on the active controller, 0 elsewhere.', isActive ? 1 : 0),
    gauge(`${CONTROLLER}_activebrokercount`, 'Brokers that are not fenced.', counts.activeBrokers),
    gauge(`${CONTROLLER}_fencedbrokercount`, 'Registered brokers that are fenced.', counts.fencedBrokers),
    gauge(`${CONTROLLER}_globaltopiccount`, 'Topics of the cluster.', counts.topics),
    gauge(`${CONTROLLER}_globalpartitioncount`, 'Partitions of the cluster.', counts.partitions),
    gauge(`${CONTROLLER}_offlinepartitionscount`, 'Partitions without a leader.', counts.offlinePartitions),
    gauge(
      `${CONTROLLER}_preferredreplicaimbalancecount`,
      'Partitions that their first replica does not lead.',
      counts.preferredReplicaImbalance,
    ),
    // A record that cannot be replayed stops the node: whoever answers has met none.
    gauge(`${CONTROLLER}_metadataerrorcount`, 'Metadata records that could not be applied.', 0),
    gauge(`${CONTROLLER}_lastappliedrecordoffset`, 'Of the metadata log, in the image.', image.offset),
    gauge(`${CONTROLLER}_lastcommittedrecordoffset`, 'Of the metadata log, known to be committed.', committedOffset),
    gauge(`${CONTROLLER}_newactivecontrollerscount`, 'Times that this node became the active controller.', claims),
    gauge(`${CONTROLLER}_eventqueueoperationsstartedcount`, 'Operations begun here.', counters.operationsStarted),
    gauge(`${CONTROLLER}_eventqueueoperationstimedoutcount`, 'Those past their time.', counters.operationsTimedOut),
    counter(`${STATS}_uncleanleaderelections_total`, 'Leaders that may lack records.', counters.uncleanElections),
    counter(
      `${STATS}_electionfromeligibleleaderreplicas_total`,
      'Leaders out of sync that have all that was committed.',
      counters.electionsFromElr,
    ),
  ]
}
