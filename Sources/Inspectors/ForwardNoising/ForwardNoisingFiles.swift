import Commands
import Diffusion
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `forward-noising`. Timesteps are 0-based in all of them.
struct ForwardNoisingFiles {
  let noising: NoisingExperiment
  let merging: MergeExperiment
  let spectra: SpectrumExperiment
  /// Every named schedule.
  let schedules: [(name: String, schedule: NoiseSchedule)]
  /// The timesteps that have pictures.
  let timesteps: [Int]
  private var schedule: NoiseSchedule { noising.process.schedule }

  func write(to output: RunOutput, tensors: Bool, film: Bool) throws {
    try output.write(trace, as: "trace.csv")
    try output.write(scheduleTable, as: "schedules.csv")
    try output.write(spectrum, as: "spectrum.csv")
    try output.write(merge, as: "merge.csv")
    try writePictures(to: output)
    try output.write(moving, film: film)
    if tensors {
      try output.write(arrays)
    }
  }

  /// x_t with the two parts that it is the sum of. The end of the film is noise alone: its middle says
  /// more.
  private var moving: MovingPictures {
    let preview = noising.preview(side: MovingPictures.side)
    return MovingPictures(
      ["signal", "noise", "x_t, their sum"], labels: timesteps.map { "t = \($0)" },
      still: timesteps.count / 2, filmed: [2]
    ) { name, step in
      let level = schedule.level(at: timesteps[step])
      return switch name {
      case 0: Image(preview.original.scaled(by: Float(level.signalScale)))
      case 1: Image(preview.noise.scaled(by: Float(level.noiseScale)))
      default: Image(preview.closedForm(at: level))
      }
    }
  }

  private func writePictures(to output: RunOutput) throws {
    try output.write(timesteps) { t in
      .init(Image(noising.sample(at: t)), as: "images/x_t-\(padded(t, to: 4)).png")
    }
  }

  /// One row per timestep.
  private var trace: CSVTable {
    CSVTable(
      noising.rows.map { ($0, level: schedule.level(at: $0.t)) },
      [
        Column("t", \.0.t), Column("beta") { schedule.betas[$0.0.t] },
        Column("alpha") { schedule.alphas[$0.0.t] }, Column("alpha_cumprod", \.level.alphaCumprod),
        Column("signal_scale", \.level.signalScale), Column("noise_scale", \.level.noiseScale),
        Column("snr", \.level.snr), Column("mean", \.0.mean), Column("std", \.0.std),
        Column("psnr", \.0.psnr), Column("cutoff_frequency") { spectra.cutoff(at: $0.level) },
        Column("iterated_max_abs_error", \.0.iteratedMaxAbsError),
      ])
  }

  /// Every schedule at every timestep.
  private var scheduleTable: CSVTable {
    CSVTable(
      schedules.flatMap { name, schedule in
        (0..<schedule.count).map {
          (name: name, t: $0, beta: schedule.betas[$0], level: schedule.level(at: $0))
        }
      },
      [
        Column("schedule", \.name), Column("t", \.t), Column("beta", \.beta),
        Column("alpha_cumprod", \.level.alphaCumprod), Column("snr", \.level.snr),
        Column("log_snr", \.level.logSNR),
      ])
  }

  /// The power of the picture and of the noise at every frequency, for the timesteps with pictures.
  private var spectrum: CSVTable {
    CSVTable(
      timesteps.flatMap { t in
        let level = schedule.level(at: t)
        return zip(spectra.frequencies, spectra.signal(at: level)).map {
          (t: t, frequency: $0, power: $1, floor: spectra.noiseFloor(at: level))
        }
      },
      [
        Column("t", \.t), Column("frequency", \.frequency), Column("signal_power", \.power),
        Column("noise_power", \.floor),
      ])
  }

  /// The merging of each step's noise with all noise before it.
  private var merge: CSVTable {
    CSVTable(
      merging.rows,
      [
        Column("t", \.t), Column("earlier_std", \.merge.earlier),
        Column("fresh_std", \.merge.fresh),
        Column("merged_std", \.merge.merged), Column("measured_std", \.measured),
        Column("sum_of_stds", \.wrong),
      ])
  }

  private var arrays: [String: Tensor] {
    var arrays = ["x_0": noising.original, "epsilon": noising.epsilon]
    for t in timesteps { arrays["x_t.\(padded(t, to: 4))"] = noising.sample(at: t) }
    return arrays
  }
}
