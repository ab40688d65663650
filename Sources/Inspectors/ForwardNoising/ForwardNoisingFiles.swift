import Checkpoints
import Commands
import Diffusion
import Imaging
import Records
import Tensors

/// The tables, pictures and arrays of `forward-noising`. Timesteps are 0-based in all of them.
struct ForwardNoisingFiles {
  let page: ForwardNoisingPage
  private var schedule: NoiseSchedule { page.noising.process.schedule }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(trace, as: "trace.csv")
    try output.write(schedules, as: "schedules.csv")
    try output.write(spectrum, as: "spectrum.csv")
    try output.write(merge, as: "merge.csv")
    try writePictures(to: output)
    if tensors {
      try output.write(arrays)
    }
  }

  /// As many at once as there are threads: compressing noise is slow.
  private func writePictures(to output: RunOutput) throws {
    let outcomes = Threads.map(page.timesteps.count) { index in
      let t = page.timesteps[index]
      return Result {
        try output.write(
          Image(page.noising.sample(at: t)), as: "images/x_t-\(padded(t, to: 4)).png")
      }
    }
    for outcome in outcomes { try outcome.get() }
  }

  /// One row per timestep.
  private var trace: CSVTable {
    var table = CSVTable(columns: [
      "t", "beta", "alpha", "alpha_cumprod", "signal_scale", "noise_scale", "snr", "mean", "std",
      "psnr", "cutoff_frequency", "iterated_max_abs_error",
    ])
    for row in page.noising.rows {
      let level = schedule.level(at: row.t)
      table.append([
        .integer(row.t), .double(schedule.betas[row.t]), .double(schedule.alphas[row.t]),
        .double(level.alphaCumprod), .double(level.signalScale), .double(level.noiseScale),
        .double(level.snr), .double(row.mean), .double(row.std), .double(row.psnr),
        .double(page.spectrum.cutoff(at: level)), .double(row.iteratedMaxAbsError),
      ])
    }
    return table
  }

  /// Every schedule at every timestep.
  private var schedules: CSVTable {
    var table = CSVTable(columns: ["schedule", "t", "beta", "alpha_cumprod", "snr", "log_snr"])
    for (name, schedule) in page.schedules {
      for t in 0..<schedule.count {
        let level = schedule.level(at: t)
        table.append([
          .text(name), .integer(t), .double(schedule.betas[t]), .double(level.alphaCumprod),
          .double(level.snr), .double(level.logSNR),
        ])
      }
    }
    return table
  }

  /// The power of the picture and of the noise at every frequency, for the timesteps with pictures.
  private var spectrum: CSVTable {
    var table = CSVTable(columns: ["t", "frequency", "signal_power", "noise_power"])
    for t in page.timesteps {
      let level = schedule.level(at: t)
      let signal = page.spectrum.signal(at: level)
      for (frequency, power) in zip(page.spectrum.frequencies, signal) {
        table.append([
          .integer(t), .double(frequency), .double(power),
          .double(page.spectrum.noiseFloor(at: level)),
        ])
      }
    }
    return table
  }

  /// The merging of each step's noise with all noise before it.
  private var merge: CSVTable {
    var table = CSVTable(columns: [
      "t", "earlier_std", "fresh_std", "merged_std", "measured_std", "sum_of_stds",
    ])
    for row in page.merge.rows {
      table.append([
        .integer(row.t), .double(row.merge.earlier), .double(row.merge.fresh),
        .double(row.merge.merged), .double(row.measured), .double(row.wrong),
      ])
    }
    return table
  }

  private var arrays: [String: Tensor] {
    var arrays = ["x_0": page.noising.original, "epsilon": page.noising.epsilon]
    for t in page.timesteps { arrays["x_t.\(padded(t, to: 4))"] = page.noising.sample(at: t) }
    return arrays
  }
}
