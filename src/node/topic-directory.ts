import type { TopicDirectory } from '../coordinator/group/group-coordinator.ts'
import type { MetadataImage } from '../metadata/image.ts'

/** What the group coordinator wants to know of topics, out of the image of the moment. */
export const topicDirectory = (image: () => MetadataImage): TopicDirectory => ({
  topicIdOf: (name) => image().topics.byName.get(name)?.id,
  topicNameOf: (topicId) => image().topics.byId.get(topicId)?.name,
  partitionCountOf: (name) => image().topics.byName.get(name)?.partitions.size ?? 0,
})
