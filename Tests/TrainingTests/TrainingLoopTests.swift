import Diagnostics
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Learns a table of numbers by their squared distance to a target, with noise in the gradient.
private final class TableTrainee: Trainee {
  let table = Parameter(name: "table", shape: [4, 3]) { Tensor.ones([4, 3]) }
  private let optimizer: AdamW
  private let average: ParameterAverage
  private(set) var steps = 0

  init() {
    optimizer = AdamW([table])
    average = ParameterAverage([table], decay: 0.9)
  }

  let columns = ["loss", "even"]
  var parts: [String: any TrainingPart] {
    ["model": SavedParameters([table]), "adamw": optimizer, "average": average]
  }

  func step(_ index: Int) -> [Double] {
    steps += 1
    let tape = GradientTape(training: [table])
    let output = ForwardPass(tape: tape).embedding([0, 1, 2, 3], shape: [4], table, at: "table")
    let target = stepGenerator(seed: 3, step: index).normal([4, 3]).scaled(by: 0.1)
    let loss = Loss.meanSquaredError(output, target)
    optimizer.step(tape.backward(from: [(output, loss.gradient)]), learningRate: 0.05)
    average.update()
    return [loss.value, index % 2 == 0 ? 1 : .nan]
  }

  var averaged: [Float] { average.applied { table.value.elements } }
}

@Suite("A run that is stopped and goes on") struct TrainingLoopTests {
  private func loop(_ folder: String, resumes: Bool = false, seed: String = "1") -> TrainingLoop {
    TrainingLoop(
      steps: 40, statePath: folder + "/run.state", settings: ["--seed": seed], resumes: resumes)
  }

  @Test("gives the same numbers, bit for bit, as one that was not stopped")
  func resumes() throws {
    try withTemporaryFolder { whole in
      try withTemporaryFolder { parted in
        let (one, two, three) = (TableTrainee(), TableTrainee(), TableTrainee())
        var state = try loop(whole.path).begin(one)
        try loop(whole.path).run(one, from: &state)

        var first = loop(parted.path)
        var done = 0
        first.isStopped = { done == 17 }
        var half = try first.begin(two)
        try first.run(two, from: &half) { _ in done += 1 }
        #expect(half.step == 17)
        let second = loop(parted.path, resumes: true)
        var rest = try second.begin(three)
        #expect(rest.step == 17)
        try second.run(three, from: &rest)

        #expect(three.table.value.elements == one.table.value.elements)
        #expect(three.averaged == one.averaged)
        #expect(rest.trace.table.text == state.trace.table.text)
        #expect(state.trace.series("loss").last!.value < 0.1 * state.trace.series("loss")[0].value)
        #expect(state.trace.series("even").count == 20)
      }
    }
  }

  @Test("a run with other settings, or none to go on from, is refused")
  func refused() throws {
    try withTemporaryFolder { folder in
      let trainee = TableTrainee()
      #expect(throws: (any Error).self) { try loop(folder.path, resumes: true).begin(trainee) }
      let other = URL(fileURLWithPath: folder.path + "/run.state")
      try Data("a letter".utf8).write(to: other)
      #expect(throws: TrainingError.noState(file: other.path)) {
        try loop(folder.path).begin(trainee)
      }
      try FileManager.default.removeItem(at: other)
      var half = loop(folder.path)
      half.isStopped = { trainee.steps == 5 }
      var state = try half.begin(trainee)
      try half.run(trainee, from: &state)
      #expect(throws: TrainingError.stateExists(file: folder.path + "/run.state")) {
        try loop(folder.path).begin(trainee)
      }
      #expect(
        throws: TrainingError.otherSettings(
          file: folder.path + "/run.state", name: "--seed", was: "1", now: "2")
      ) { try loop(folder.path, resumes: true, seed: "2").begin(trainee) }
    }
  }

  @Test("of settings that differ the one is told that the others follow from")
  func following() throws {
    try withTemporaryFolder { folder in
      func loop(_ settings: [String: String], resumes: Bool) -> TrainingLoop {
        var loop = TrainingLoop(
          steps: 3, statePath: folder.path + "/run.state", settings: settings, resumes: resumes)
        loop.following = ["--after"]
        return loop
      }
      let first = loop(["--after": "2", "--steps": "3"], resumes: false)
      var state = try first.begin(TableTrainee())
      try first.run(TableTrainee(), from: &state)
      for (after, steps, name, was, now) in [
        ("4", "6", "--steps", "3", "6"), ("4", "3", "--after", "2", "4"),
      ] {
        #expect(
          throws: TrainingError.otherSettings(
            file: folder.path + "/run.state", name: name, was: was, now: now)
        ) {
          try loop(["--after": after, "--steps": steps], resumes: true).begin(TableTrainee())
        }
      }
    }
  }

  @Test("a state that cannot be written is refused before the first step, and leaves nothing")
  func unwritable() throws {
    try withTemporaryFolder { folder in
      let loop = TrainingLoop(steps: 3, statePath: folder.path, settings: [:], resumes: false)
      #expect(
        throws: FileError.notWritable(path: folder.path, reason: "expected a file, found a folder")
      ) { try loop.begin(TableTrainee()) }
      let place = folder.path + "/run.state"
      _ = try TrainingLoop(steps: 3, statePath: place, settings: [:], resumes: false)
        .begin(TableTrainee())
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }

  @Test("a finished run's state may be replaced")
  func finished() throws {
    try withTemporaryFolder { folder in
      for _ in 0..<2 {
        var state = try loop(folder.path).begin(TableTrainee())
        try loop(folder.path).run(TableTrainee(), from: &state)
        #expect(state.isFinished && state.step == 40)
      }
    }
  }

  @Test("an average that follows is not the last step's numbers")
  func average() throws {
    let trainee = TableTrainee()
    for step in 0..<10 { _ = trainee.step(step) }
    #expect(trainee.averaged != trainee.table.value.elements)
    let before = trainee.table.value.elements
    _ = trainee.averaged
    #expect(trainee.table.value.elements == before)
  }
}
