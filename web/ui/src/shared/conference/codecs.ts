/** The codecs that are offered: those that the bridge carries. A browser's whole list is some hundred lines for each slot. */

const CARRIED = /^(audio\/(opus|red)|video\/(vp8|rtx))$/i
const H264 = /^video\/h264$/i

/** Of H.264 the form that every browser and encoder speaks: a baseline profile, packetization mode 1 (RFC 6184 6.3). */
export function isCarried({ mimeType, sdpFmtpLine = '' }: RTCRtpCodec): boolean {
  if (H264.test(mimeType)) return sdpFmtpLine.includes('packetization-mode=1') && sdpFmtpLine.includes('profile-level-id=42')
  return CARRIED.test(mimeType)
}

/** Let all lines of a connection offer these alone; a browser that cannot choose offers what it has. */
export function offerCarried(pc: RTCPeerConnection): void {
  for (const transceiver of pc.getTransceivers()) {
    const kind = transceiver.receiver.track.kind
    const carried = (RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []).filter(isCarried)
    if (carried.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(carried)
  }
}
