import Benchmarks
import TestSupport
import Testing

@Suite("Measured work") struct MeasurementTests {
  @Test("of several passes the first warmed up, and the shortest of the others counts")
  func passes() {
    func run(_ output: String) -> Measurement {
      Measurement(seconds: 9, peakMegabytes: 1, status: 0, output: output)
    }
    #expect(run("seconds 1\nseconds 4\nseconds 3\n").work("seconds") == 3)
    #expect(run("opened 2\nseconds 1\n").work("seconds") == 1)
    #expect(run("secondsnot 1\n").work("seconds") == 9)
    #expect(run("linear:1x1x1 0.5 2\n").numbers("linear:1x1x1") == [[0.5, 2]])
  }

  @Test("the median of an even number of values is between the two in the middle")
  func median() {
    #expect([3.0, 1, 2].median == 2 && [4.0, 1, 3, 2].median == 2.5)
    #expect([Double]().median.isNaN)
  }

  @Test("a command's own output, status and time come back; one that is not there is told")
  func commands() throws {
    let run = try Measurement.run(["sh", "-c", "echo seconds 2; exit 3"])
    #expect(run.status == 3 && run.work("seconds") == 2 && run.peakMegabytes > 0)
    #expect(throws: BenchmarkError.self) { try Measurement.run(["./no-such-command"]) }
    #expect(throws: BenchmarkError.self) { try Measurement.succeed(["false"]) }
  }
}

@Suite("Executables of the bench") struct BenchmarkExecutablesTests {
  @Test("each does its work and prints what the bench reads")
  func work() throws {
    let kernel = try Executable("kernel-times").run(["linear:2x3x5", "--threads", "1"])
    #expect(kernel.status == 0 && kernel.output.hasPrefix("linear:2x3x5 "), "\(kernel)")
    #expect(kernel.output.hasSuffix(" 60 few-rows\n"))
    let step = try Executable("training-step").run(["autoencoder", "--steps", "3"])
    #expect(
      step.output.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["seconds", "best"],
      "\(step)")
  }

  @Test("bad input is one line and a status of usage")
  func badInput() throws {
    for (command, arguments) in [
      ("kernel-times", ["linear:2x3"]), ("training-step", ["unet", "--steps", "2"]),
      ("network-pass", ["folder", "in", "out", "--runs", "0"]), ("benchmarks", ["--only", "all"]),
    ] {
      let outcome = try Executable(command).run(arguments)
      #expect(outcome.status == 64 && outcome.output == "", "\(command): \(outcome)")
    }
  }
}
