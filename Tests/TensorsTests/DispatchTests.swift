import CKernels
import Testing

#if arch(x86_64)
  @Suite("Kernels that are one loop for all processors") struct DispatchTests {
    @Test(
      "run in the widest clone that the processor has: products and sums are fused where it can")
    func fused() {
      // (1 + e)² − (1 + 2e) = e², which a product that is rounded by itself loses.
      let e: Float = 0x1p-12
      let width = 64
      let (x, shift) = (
        [Float](repeating: 1 + e, count: width), [Float](repeating: -1 - 2 * e, count: width)
      )
      var out = [Float](repeating: .nan, count: width)
      ck_scale_columns(x, x, shift, &out, 1, width, 0)
      let expected = ck_isa() == CK_ISA_PLAIN ? 0 : e * e
      #expect(out.allSatisfy { $0 == expected })
    }
  }
#endif
