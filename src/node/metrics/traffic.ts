import { counter, type Metric } from '../../base/metrics.ts'
import type { ClientTraffic } from '../../replica/client-traffic.ts'

const TRAFFIC = 'kafka_server_brokertopicmetrics'

/** What clients write and read (fact E19): all in all without a label, and by topic. */
export function trafficMetrics(traffic: ClientTraffic): Metric[] {
  const byTopic = (of: 'messagesIn' | 'bytesIn' | 'bytesOut') => [
    { value: traffic[of] },
    ...[...traffic.topics].map(([topic, counts]) => ({ value: counts[of], labels: { topic } })),
  ]
  return [
    counter(`${TRAFFIC}_messagesin_total`, 'Records written by clients.', byTopic('messagesIn')),
    counter(`${TRAFFIC}_bytesin_total`, 'Record bytes written by clients.', byTopic('bytesIn')),
    counter(`${TRAFFIC}_bytesout_total`, 'Record bytes read by clients.', byTopic('bytesOut')),
    counter(`${TRAFFIC}_bytesrejected_total`, 'Record bytes refused as too large.', traffic.bytesRejected),
    counter(`${TRAFFIC}_totalproducerequests_total`, 'Partitions written to.', traffic.produceRequests),
    counter(`${TRAFFIC}_totalfetchrequests_total`, 'Partitions read from.', traffic.fetchRequests),
    counter(`${TRAFFIC}_failedproducerequests_total`, 'Writes refused.', traffic.failedProduceRequests),
    counter(`${TRAFFIC}_failedfetchrequests_total`, 'Reads refused.', traffic.failedFetchRequests),
  ]
}
