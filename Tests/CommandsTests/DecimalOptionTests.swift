import ArgumentParser
import Commands
import Testing

@Suite("Options for decimal numbers") struct DecimalOptionTests {
  private struct Sample: ParsableCommand {
    @Option(decimal: "The learning rate.", valueName: "rate") var learningRate = 6e-4
    @Option(decimal: "The weight.", valueName: "weight") var weight = 10.0
    @Option(decimal: "The pull.", valueName: "pull", default: "\(Values.text(1e-6)), with kl")
    var pull: Double?
  }

  @Test("the help ends with the default that is taken")
  func defaults() throws {
    let plain = try Sample.parse([])
    let help = Sample.helpMessage(columns: 200)
    for (words, value) in [("rate", plain.learningRate), ("weight", plain.weight)] {
      #expect(help.contains("\(words). (default: \(Values.text(value)))"), "\(help)")
    }
    #expect(help.contains("The pull. (default: 1e-6, with kl)") && plain.pull == nil)
  }

  @Test("a negative number is read, and what is none refused")
  func parsing() throws {
    #expect(try Sample.parse(["--weight", "-1.5", "--pull", "1e-3"]).pull == 1e-3)
    #expect(throws: (any Error).self) { try Sample.parse(["--weight", "0x10"]) }
  }

  @Test(
    "numbers are as short as they read back",
    arguments: [(10, "10"), (0.0006, "0.0006"), (1e-6, "1e-6"), (0.25, "0.25"), (-3, "-3")])
  func text(number: Double, text: String) throws {
    #expect(Values.text(number) == text)
    #expect(try Values.number(text) == number)
  }
}

@Suite("Options that need company") struct CompanyTests {
  @Test("the first that is given without it is refused by name, and none with it")
  func together() throws {
    try Check.together(with: "--all", true, ("--a", true))
    try Check.together(with: "--all", false, ("--a", false))
    let error = #expect(throws: ValidationError.self) {
      try Check.together(with: "--all", false, ("--a", false), ("--b", true), ("--c", true))
    }
    #expect(error?.message == "--b: expected together with --all, found without it")
  }
}
