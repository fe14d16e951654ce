using System.Security.Cryptography;
using System.Text;
using Runctl.Sandbox.S3.Checksums;

namespace Runctl.Sandbox.Tests.S3;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("CRC32", "CBF43926")]
    [InlineData("CRC32C", "E3069283")]
    [InlineData("CRC64NVME", "AE8B14860A799888")]
    [InlineData("SHA1", "F7C3BC1D808E04732ADF679965CCC34CA7AE3441")]
    public void The_check_values_of_the_catalogue_come_out(string name, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(ChecksumAlgorithm.Find(name)!.Compute(Encoding.ASCII.GetBytes("123456789"))));

    [Theory]
    [InlineData("CRC32")]
    [InlineData("CRC32C")]
    [InlineData("CRC64NVME")]
    public void The_checksum_of_a_whole_is_combined_from_its_parts(string name)
    {
        var algorithm = ChecksumAlgorithm.Find(name)!;
        var content = RandomNumberGenerator.GetBytes(100_003);
        int[] cuts = [0, 1, 1, 50_000, 99_999, content.Length];
        var parts = cuts.Zip(cuts.Skip(1)).Select(cut => content[cut.First..cut.Second])
            .Select(part => (algorithm.Compute(part), (long)part.Length));

        var whole = StoredChecksum.OfWhole(algorithm, parts);

        Assert.Equal(Convert.ToBase64String(algorithm.Compute(content)), whole.Value);
    }
}
