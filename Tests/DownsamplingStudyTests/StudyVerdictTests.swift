import DownsamplingStudy
import Records
import Testing

@Suite("What the page reads off the data") struct StudyVerdictTests {
  /// As in the paper: pixels slow, f = 32 stuck, the middle good.
  private static let asPublished: [Int: (half: Double, end: Double)] = [
    1: (60, 50), 2: (40, 30), 4: (20, 10), 8: (12, 5), 16: (14, 6), 32: (11, 10.5),
  ]

  private func agreements(_ study: Study) -> [Bool] { study.claims.map(\.agrees) }

  @Test("numbers like the paper's agree with it in everything")
  func published() {
    let study = Examples.study(distances: Self.asPublished)
    #expect(agreements(study) == [true, true, true, true, true])
    #expect(study.best?.factor == 8)
    #expect(study.headline.contains("LDM-8") && study.headline.contains("50.0"))
  }

  @Test("each finding that is otherwise is told to differ")
  func otherwise() {
    var numbers = Self.asPublished
    numbers[1] = (60, 4)
    #expect(agreements(Examples.study(distances: numbers)) == [false, false, true, false, false])
    numbers = Self.asPublished
    numbers[32] = (11, 3)
    #expect(agreements(Examples.study(distances: numbers)) == [true, true, false, false, true])
  }

  @Test("a study of some models says nothing of the others")
  func some() {
    let study = Examples.study(distances: [1: (60, 50), 8: (12, 5)])
    #expect(study.claims.count == 1)
    #expect(study.claims[0].here.contains("45.0 points"))
  }

  @Test("pictures of other captions are right now and then")
  func chance() {
    let study = Examples.study(distances: Self.asPublished)
    #expect((0.1...0.4).contains(study.chance), "\(study.chance)")
  }

  @Test("a milestone shows the last look before the next one")
  func milestones() {
    let study = Examples.study(distances: Self.asPublished)
    #expect(study.settings.milestones == [10, 20])
    #expect(study.point(of: study.models[0], at: 0) == 0)
    #expect(study.point(of: study.models[0], at: 1) == 1)
    var slow = study.models[0]
    // A step so long that it passed both milestones at once.
    slow.points[0].trainSeconds = 30
    slow.points.remove(at: 1)
    #expect(study.point(of: slow, at: 0) == 0)
  }

  @Test("seeds are counted one by one, and the best is best on their mean")
  func seeds() throws {
    var other = Self.asPublished
    (other[8], other[16]) = ((12, 9), (14, 3))
    var second = Examples.study(distances: other)
    second.settings.seed = 43
    let study = try Examples.study(distances: Self.asPublished)
      .repeated(by: [(second, "second")])
    #expect(study.ends(8).map(\.distance) == [5, 9])
    #expect(study.meanDistance(16) == 4.5)
    #expect(study.best?.factor == 16)
    #expect(study.verdicts.allSatisfy { $0.agreeing == 2 })
    other[1] = (60, 2)
    second = Examples.study(distances: other)
    second.settings.seed = 44
    let third = try study.repeated(by: [(second, "third")])
    #expect(third.verdicts.map(\.agreeing) == [2, 2, 3, 2, 2])
  }

  @Test("what differs in more than its seed, or not in it, is no repetition")
  func strangers() {
    let study = Examples.study(distances: Self.asPublished)
    var longer = study
    (longer.settings.seed, longer.settings.budget) = (43, 1000)
    for other in [study, longer] {
      #expect(throws: TableError.self) { try study.repeated(by: [(other, "other")]) }
    }
  }
}
