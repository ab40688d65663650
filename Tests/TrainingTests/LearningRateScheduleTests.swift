import Testing
import Training

@Suite("Warm-up and cosine") struct LearningRateScheduleTests {
  private let schedule = LearningRateSchedule(peak: 2, warmUp: 10, steps: 110, floor: 0.1)

  @Test("rises to the peak in equal steps")
  func warmUp() {
    #expect(abs(schedule[0] - 0.2) < 1e-12)
    #expect(abs(schedule[4] - 1) < 1e-12)
    #expect(abs(schedule[9] - 2) < 1e-12)
  }

  @Test("falls as half a cosine to the floor and stays there")
  func cosine() {
    #expect(abs(schedule[10] - 2) < 1e-12)
    #expect(abs(schedule[60] - (0.2 + 1.8 * 0.5)) < 1e-12)
    #expect(abs(schedule[110] - 0.2) < 1e-12)
    #expect(schedule[1000] == schedule[110])
    #expect((10..<110).allSatisfy { schedule[$0 + 1] < schedule[$0] })
  }
}
