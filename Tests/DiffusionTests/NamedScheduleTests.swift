import Diagnostics
import Testing

import Diffusion

@Suite("schedules by name") struct NamedScheduleTests {
  @Test("every known name is read") func names() throws {
    for name in NamedSchedule.allCases {
      #expect(try NamedSchedule(parsing: name.rawValue) == name)
    }
    for name in NamedSchedule.knownNames { _ = try NamedSchedule(parsing: name) }
    #expect(try NamedSchedule(parsing: "squaredcos_cap_v2") == .cosine)
    #expect(try NamedSchedule(parsing: "ldm") == .latentDiffusion)
  }

  @Test("another name is refused, and the names are listed") func unknown() {
    let error = #expect(throws: UnknownScheduleError.self) {
      try NamedSchedule(parsing: "quadratic")
    }
    #expect(error?.exitStatus == .usage)
    #expect(error?.description.contains("'quadratic'") == true)
    for name in NamedSchedule.allCases {
      #expect(error?.description.contains(name.rawValue) == true)
    }
  }
}
