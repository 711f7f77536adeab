/** How loud a microphone is, 0 to 1, about fifteen times a second; the returned function ends it. */
export function measureLevel(stream: MediaStream, report: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = new AnalyserNode(context, { fftSize: 1024 })
  const source = context.createMediaStreamSource(stream)
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    report(levelOf(samples))
  }, 66)
  void context.resume()
  return () => {
    window.clearInterval(timer)
    source.disconnect()
    void context.close()
  }
}

const QUIETEST_DB = -60

/** The root mean square of samples in -1…1 on a scale of 60 dB. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length)
  if (power === 0) return 0
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power)) / QUIETEST_DB))
}
