// Stands in for string-width in the bundle: yargs measures our own help texts with it, which are plain ASCII. The real
// one loads the segmentation tables of ICU and every emoji there is, 40 ms and 3 MB of each start.
export default (text) => text.length
