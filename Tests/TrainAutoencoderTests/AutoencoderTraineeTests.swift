import TrainAutoencoder
import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// A run of seconds: f = 2 on small pieces.
private func settings(
  _ kind: LatentRegularization, steps: Int, critic: Bool = false
) -> AutoencoderTrainingSettings {
  var settings = AutoencoderTrainingSettings()
  settings.regularization = kind
  settings.factor = 2
  settings.steps = steps
  settings.cropSize = 16
  settings.batchSize = 4
  if critic { (settings.adversarialWeight, settings.adversarialStart) = (0.5, steps / 3) }
  return settings
}

@Suite("The first training stage, end to end") struct AutoencoderTraineeTests {
  @Test("the loss falls, and pictures never seen come out better", arguments: ["kl", "vq"])
  func learns(name: String) throws {
    let kind = try #require(LatentRegularization(rawValue: name))
    let trainee = try AutoencoderTrainee(settings(kind, steps: 120))
    let rows = (0..<120).map { trainee.step($0) }
    let losses = try column("reconstruction", rows, trainee)
    let (first, last) = (losses[..<5].reduce(0, +) / 5, losses[115...].reduce(0, +) / 5)
    #expect(last < 0.5 * first, "\(first) → \(last)")
    let looks = trainee.evaluation.snapshots
    #expect(looks.count >= 20 && looks.last?.steps == 120)
    let (begin, end) = (try #require(looks.first).quality, try #require(looks.last).quality)
    #expect(end.scenes > begin.scenes + 5 && end.textures > begin.textures + 3)
  }

  @Test("a linear start is learned, but not where a state takes its place")
  func linearStart() throws {
    var settings = settings(.kl, steps: 2)
    settings.start = .linear
    let plain = try AutoencoderZoo.network(
      .kl, factor: 2, normGroups: LinearStart.normGroups, seed: settings.seed)
    func differs(resumes: Bool) throws -> Bool {
      let trainee = try AutoencoderTrainee(settings, resumes: resumes)
      return zip(trainee.autoencoder.parameters, plain.parameters).contains {
        $0.value.elements != $1.value.elements
      }
    }
    #expect(try differs(resumes: false) && !differs(resumes: true))
  }

  @Test("without learning the loss stays: the check above can fail")
  func learnsNothing() throws {
    var settings = settings(.kl, steps: 40)
    settings.learningRate = 1e-8
    let trainee = try AutoencoderTrainee(settings)
    let losses = try column(
      "reconstruction", (0..<40).map { trainee.step($0) }, trainee)
    #expect(losses[35...].reduce(0, +) / 5 > 0.7 * losses[..<5].reduce(0, +) / 5)
  }

  @Test(
    "a run that was stopped goes on bit for bit",
    arguments: zip(["kl", "vq"], [true, false]))
  func resumes(name: String, critic: Bool) throws {
    let kind = try #require(LatentRegularization(rawValue: name))
    let settings = settings(kind, steps: 18, critic: critic)
    try withTemporaryFolder { folder in
      func run(_ file: String, resumes: Bool, until stop: Int) throws -> TrainingState {
        var loop = TrainingLoop(
          steps: settings.steps, statePath: folder.appendingPathComponent(file).path,
          settings: settings.identity, resumes: resumes)
        let trainee = try AutoencoderTrainee(settings)
        var state = try loop.begin(trainee)
        var done = state.step
        loop.isStopped = { done >= stop }
        try loop.run(trainee, from: &state) { done = $0.step }
        return state
      }
      _ = try run("whole", resumes: false, until: 18)
      _ = try run("parts", resumes: false, until: 9)
      let resumed = try run("parts", resumes: true, until: 18)
      #expect(resumed.step == 18)
      let files = try ["whole", "parts"].map { name in
        try SafetensorsFile(folder.appendingPathComponent(name).path).tensors()
      }
      #expect(Set(files[0].keys) == Set(files[1].keys))
      for (name, tensor) in files[0] {
        let other = try #require(files[1][name])
        let same = zip(tensor.elements, other.elements).allSatisfy {
          $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
        }
        #expect(tensor.shape == other.shape && same, "\(name) differs")
      }
    }
  }

  @Test("the critic counts from its step on, and trains a little before")
  func criticBegins() throws {
    var settings = settings(.kl, steps: 100, critic: true)
    settings.adversarialStart = 6
    let trainee = try AutoencoderTrainee(settings)
    let rows = (0..<10).map { trainee.step($0) }
    let weights = try column("adaptive_weight", rows, trainee)
    let judged = try column("discriminator", rows, trainee)
    #expect(weights.map(\.isNaN) == (0..<10).map { $0 < 6 })
    #expect(judged.map(\.isNaN) == (0..<10).map { $0 < 4 })
    #expect(weights[6...].allSatisfy { $0 > 0 })
  }

  @Test("the latents' scale makes their variance 1")
  func latentScale() throws {
    let trainee = try AutoencoderTrainee(settings(.vq, steps: 10))
    let images = trainee.evaluation.shown
    let scale = trainee.autoencoder.latentScale(
      over: images, generator: TorchGenerator(seed: 1))
    let latents = trainee.autoencoder.encode(images).mean.scaled(by: Float(scale))
    #expect(abs(latents.moments.std - 1) < 1e-5)
  }

  private func column(
    _ name: String, _ rows: [[Double]], _ trainee: AutoencoderTrainee
  ) throws -> [Double] {
    let index = try #require(trainee.columns.firstIndex(of: name))
    return rows.map { $0[index] }
  }
}
