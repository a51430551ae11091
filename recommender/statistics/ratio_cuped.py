"""CUPED for ratio metrics, as a statistic of the engine's.

The delta method turns a ratio R = Σm/Σd into the mean of (m − R·d)/d̄, one term a visitor. θ is the regression of those
terms on a covariate of before the first exposure, pooled over both arms (Deng et al. 2013, section 3 and appendix B).
"""

from gbstats.models.statistics import RatioStatistic, SampleMeanStatistic, create_joint_statistic
from pydantic.dataclasses import dataclass


@dataclass
class AdjustedRatioStatistic(RatioStatistic):
    """`covariate`: its sums; `m_covariate_products`, `d_covariate_products`: Σ of its products with both sides."""

    covariate: SampleMeanStatistic
    m_covariate_products: float
    d_covariate_products: float
    theta: float = 0.0

    @property
    def unadjusted_mean(self) -> float:
        return float(super().mean)

    @property
    def mean(self) -> float:
        return float(self.unadjusted_mean - self.theta * self.covariate.mean)

    @property
    def variance(self) -> float:
        explained = 2.0 * self.theta * self.term_covariance - self.theta**2 * self.covariate.variance
        return float(super().variance - explained)

    @property
    def term_covariance(self) -> float:
        """Of the terms with the covariate."""
        if self.d_statistic.mean == 0 or self.n <= 1:
            return 0.0
        with_m = self._covariance(self.m_covariate_products, self.m_statistic)
        with_d = self._covariance(self.d_covariate_products, self.d_statistic)
        return float((with_m - self.unadjusted_mean * with_d) / self.d_statistic.mean)

    def _covariance(self, products: float, side: SampleMeanStatistic) -> float:
        return float((products - side.sum * self.covariate.sum / self.n) / (self.n - 1))


def share_theta(one: AdjustedRatioStatistic, other: AdjustedRatioStatistic) -> None:
    """Write the pooled θ into both; 0 where the covariate does not vary."""
    n = one.n + other.n
    joint = AdjustedRatioStatistic(
        n=n,
        m_statistic=create_joint_statistic(one.m_statistic, other.m_statistic, n),
        d_statistic=create_joint_statistic(one.d_statistic, other.d_statistic, n),
        m_d_sum_of_products=one.m_d_sum_of_products + other.m_d_sum_of_products,
        covariate=create_joint_statistic(one.covariate, other.covariate, n),
        m_covariate_products=one.m_covariate_products + other.m_covariate_products,
        d_covariate_products=one.d_covariate_products + other.d_covariate_products,
    )
    spread = joint.covariate.variance
    one.theta = other.theta = joint.term_covariance / spread if spread > 0 else 0.0
