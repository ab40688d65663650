import Foundation
import Records
import TestSupport
import Testing
import VAECompression

@Suite("What the losses do") struct LossStudyTests {
  private static let folder = Repository.path("fixtures/studies/losses")

  @Test("a critic brings grain back and costs decibels, a perceptual loss sees better")
  func bundled() throws {
    let study = try LossStudy(folder: Self.folder)
    #expect(study.factor == 8)
    #expect(study.members.map(\.name) == ["neither", "perceptual", "adversarial", "both"])
    #expect(study.members.map { $0.perceptualWeight > 0 } == [false, true, false, true])
    #expect(study.members.map { $0.adversarialWeight > 0 } == [false, false, true, true])
    let (neither, perceptual) = (study.members[0], study.members[1])
    let (adversarial, both) = (study.members[2], study.members[3])
    for (without, with) in [(neither, adversarial), (perceptual, both)] {
      #expect(with.psnr < without.psnr)
      #expect(study.keptBeyondCutoff(with) > 1.5 * study.keptBeyondCutoff(without))
    }
    for (without, with) in [(neither, perceptual), (adversarial, both)] {
      #expect(with.perceptualDistance < 0.8 * without.perceptualDistance)
    }
  }

  @Test("a study without one of its models names the table that lacks it")
  func incomplete() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("losses")
      try FileManager.default.copyItem(atPath: Self.folder, toPath: folder.path)
      let table = folder.appendingPathComponent("images.csv")
      let lines = try String(contentsOf: table, encoding: .utf8)
        .split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("both,") }
      try lines.joined(separator: "\n").write(to: table, atomically: true, encoding: .utf8)
      let error = #expect(throws: TableError.self) { try LossStudy(folder: folder.path) }
      #expect(error?.description.contains("images.csv") == true)
    }
  }
}
