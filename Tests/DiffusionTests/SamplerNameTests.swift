import Diagnostics
import Testing

import Diffusion

@Suite("samplers by name") struct SamplerNameTests {
  @Test("names are read, others are refused with the list") func names() throws {
    for name in SamplerName.allCases {
      #expect(try SamplerName(parsing: name.rawValue) == name)
    }
    let error = #expect(throws: SamplerError.unknownName("ddpm2")) {
      try SamplerName(parsing: "ddpm2")
    }
    #expect(error?.description.contains("dpm-solver++") == true && error?.exitStatus == .usage)
  }
}
