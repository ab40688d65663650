import Foundation
import Records
import Testing

// Alone: what other tests hold at the same time would be counted as well.
@Suite("Peak memory", .serialized) struct PeakMemoryTests {
  /// Holds so many megabytes for a moment.
  private func hold(_ megabytes: Int) -> Int {
    let bytes = [UInt8](repeating: 1, count: megabytes << 20)
    return bytes.reduce(0) { $0 &+ Int($1) }
  }

  #if os(Linux)
    @Test("of a piece of work is what it held, whatever was held before")
    func piece() {
      _ = PeakMemory.measuring { hold(200) }
      let (sum, bytes) = PeakMemory.measuring { hold(64) }
      #expect(sum == 64 << 20)
      #expect(bytes > 60 << 20 && bytes < 190 << 20, "\(bytes)")
    }
  #endif

  @Test("of the process never falls, and is at least what a piece of work held")
  func process() {
    let before = PeakMemory.ofProcess
    let (_, bytes) = PeakMemory.measuring { hold(100) }
    let after = PeakMemory.ofProcess
    #expect(after >= before && after >= bytes && after > 100 << 20)
    _ = PeakMemory.measuring { 1 }
    #expect(PeakMemory.ofProcess >= after)
  }
}
