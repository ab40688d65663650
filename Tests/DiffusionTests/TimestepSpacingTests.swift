import Diagnostics
import Testing

import Diffusion

@Suite("timestep spacing") struct TimestepSpacingTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()

  func timesteps(_ steps: Int, _ spacing: TimestepSpacing, offset: Int = 0) throws -> [Double] {
    try DDPMSampler(Self.schedule, steps: steps, spacing: spacing, offset: offset).plan
      .map(\.from.t)
  }

  @Test("the three ways to spread 4 and 10 steps") func small() throws {
    #expect(try timesteps(4, .leading) == [750, 500, 250, 0])
    #expect(try timesteps(4, .leading, offset: 1) == [751, 501, 251, 1])
    #expect(try timesteps(4, .trailing) == [999, 749, 499, 249])
    #expect(try timesteps(4, .linspace) == [999, 666, 333, 0])
    #expect(
      try timesteps(10, .linspace) == [999, 888, 777, 666, 555, 444, 333, 222, 111, 0])
    // Halves go to the even neighbour: 937.5 → 938, 812.5 → 812.
    #expect(try timesteps(16, .trailing).prefix(4) == [999, 937, 874, 811])
    #expect(try timesteps(1, .linspace) == [0] && timesteps(1, .trailing) == [999])
  }

  @Test(
    "any number of steps gives that many falling timesteps within the schedule",
    arguments: TimestepSpacing.allCases)
  func all(spacing: TimestepSpacing) throws {
    for steps in 1...1000 {
      let timesteps = try timesteps(steps, spacing)
      #expect(timesteps.count == steps)
      #expect(zip(timesteps, timesteps.dropFirst()).allSatisfy(>))
      #expect(timesteps.allSatisfy { (0...999).contains($0) })
    }
  }

  @Test("steps that do not fit are refused", arguments: [0, -3, 1001])
  func refused(steps: Int) {
    let error = #expect(throws: SamplerError.self) { try timesteps(steps, .leading) }
    #expect(error == .steps(steps, limit: 1000) && error?.exitStatus == .usage)
  }

  @Test("an offset may not lead past the end") func offset() {
    #expect(throws: SamplerError.timesteps(steps: 1000, spacing: .leading, count: 1000)) {
      try timesteps(1000, .leading, offset: 1)
    }
  }
}
